// What delivering is to do, in a few naive lines: for each queue a list of entries, each with what became of it.

export interface ModelMessage {
  readonly position: number;
  readonly length: number;
  readonly topic: string;
  readonly body: string;
  readonly id: string;
  /** Whether it is a dead letter's copy: no replay brings it. */
  readonly requeued: boolean;
}

/** How an entry has ended: by its outcome, and why. */
export type Ending = 'acknowledged' | 'dropped' | 'dead' | 'out of attempts' | 'dropped: full' | 'dead: full';

export const isDead = (ending: Ending | undefined): boolean =>
  ending === 'dead' || ending === 'out of attempts' || ending === 'dead: full';

/** A delivery that failed: when, and how long the next one has to wait for it. */
export interface ModelFailure {
  readonly wallMs: number;
  readonly leastMs: number;
  readonly mostMs: number;
}

/**
 * - `noted`: said by the consumer, and lost with its thread if that ends now
 * - `written`: said for good, unless the power fails
 * - `synced`: said for good
 */
export type Safety = 'noted' | 'written' | 'synced';

export interface ModelEntry {
  readonly ordinal: number;
  readonly message: ModelMessage;
  /** Where the record ends that put it into the queue. */
  readonly end: number;
  ending: Ending | undefined;
  safety: Safety;
  /** Acknowledged, but for what its delivery has published, which is not committed. */
  awaiting: boolean;
  inFlight: boolean;
  /** Who has delivered it last. */
  lane: object | undefined;
  /** Deliveries begun, whatever became of them. */
  deliveries: number;
  /** Deliveries that failed, oldest first; how many of them are written, and how many are synced. */
  failures: ModelFailure[];
  writtenFailures: number;
  syncedFailures: number;
  /** On the monotonic clock: no next delivery before the one, and none put off longer than the other. */
  dueMs: number;
  latestDueMs: number;
  /** Whether its wait was taken up again by a thread that began later: it is then told by the clock on the wall. */
  resumed: boolean;
  /** Whether its delivery is known to have ended its thread, or the hub: it may have to wait for its turn. */
  suspected: boolean;
}

export class ModelQueue {
  entries: ModelEntry[] = [];
  isPaused = false;
  isHalted = false;
  /** Dead letters that are kept, by ordinal. */
  readonly letters = new Map<number, ModelEntry>();
  /** While letters are removed, nobody can say which are. */
  areLettersGoing = false;
  /** When deliveries have begun, of late, for the rate limit. */
  begun: number[] = [];

  /** Entries that nobody has ended, or whose ending still waits for a commit. */
  unsettled(committed: number): ModelEntry[] {
    return this.entries.filter(({ ending, awaiting, end }) => end <= committed && (ending === undefined || awaiting));
  }

  count(wanted: (entry: ModelEntry) => boolean): number {
    return this.entries.filter((entry) => !entry.awaiting && wanted(entry)).length;
  }
}

export class NaiveModel {
  readonly queues = new Map<string, ModelQueue>();
  /** All that was ever published, in order, with where the record ends. */
  messages: { readonly message: ModelMessage; readonly end: number }[] = [];

  queue(name: string): ModelQueue {
    const queue = this.queues.get(name) ?? new ModelQueue();
    this.queues.set(name, queue);
    return queue;
  }

  publish(message: ModelMessage, end: number, queues: readonly string[]): void {
    this.messages.push({ message, end });
    for (const queue of queues) this.enqueue(queue, message, end);
  }

  enqueue(queue: string, message: ModelMessage, end: number): void {
    const { entries } = this.queue(queue);
    entries.push({
      ordinal: entries.length,
      message,
      end,
      ending: undefined,
      safety: 'noted',
      awaiting: false,
      inFlight: false,
      lane: undefined,
      deliveries: 0,
      failures: [],
      writtenFailures: 0,
      syncedFailures: 0,
      dueMs: 0,
      latestDueMs: 0,
      resumed: false,
      suspected: false,
    });
  }

  /** The journal goes on at `nextPosition`: what ends there or before is there, the rest never was. */
  recover(nextPosition: number): void {
    const isThere = ({ end }: { readonly end: number }) => end <= nextPosition;
    this.messages = this.messages.filter(isThere);
    for (const queue of this.queues.values()) queue.entries = queue.entries.filter(isThere);
  }
}
