// What is said of damage on disk: one finding for each place at which a file is not what was written. Each part that
// reads files hands its findings to whoever asked it to; the hub logs them and tells its program.

/**
 * - `hub-file`, `queue-file`: hub.json, queue.json
 * - `journal`: a segment; `index`: an index file, which is made anew from its segment
 * - `settle-log`, `dead-letters`: of one queue
 */
export const DAMAGE_KINDS = ['hub-file', 'queue-file', 'journal', 'index', 'settle-log', 'dead-letters'] as const;
/** What kind of file is damaged. */
export type DamageKind = (typeof DAMAGE_KINDS)[number];

/** Entries of one queue that cannot be delivered, and were not settled. */
export interface LostEntries {
  /** Its consumer's name. */
  readonly consumer: string;
  /** How many: at most, where it cannot be told exactly. */
  readonly entries: number;
}

/** One place at which a file in the data directory is not what was written there. */
export interface Damage {
  /** What kind of file it is. */
  readonly kind: DamageKind;
  /** The file. */
  readonly path: string;
  /** What is wrong with it, and what was made of that, in one line. */
  readonly problem: string;
  /** Where the damaged bytes are kept; undefined when there are none, or they stay where they are. */
  readonly aside: string | undefined;
  /** What is lost of which queue; those that lose nothing are left out. */
  readonly lost: readonly LostEntries[];
}

/** Takes findings. */
export type OnDamage = (damage: Damage) => void;

/** `orders 12, mail 3` */
export const lostText = (lost: readonly LostEntries[]): string =>
  lost.map(({ consumer, entries }) => `${consumer} ${entries}`).join(', ');
