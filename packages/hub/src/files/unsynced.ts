// What files in memory know of bytes and names that were written and not synced, and what a loss of power makes of them:
// sectors reach a disk in any order and in part, and names of one directory in any order but each file's own.

/** Numbers from 0 up to 1. */
export type Chance = () => number;

/** Nothing more is done than was synced. */
export const NOTHING_MORE: Chance = () => 1;

/** A file's content, apart from its names. */
export interface Content {
  bytes: Uint8Array;
  length: number;
  /** What is on the disk for sure. */
  durable: Uint8Array;
  /** Sectors that were written since. */
  readonly unsynced: Set<number>;
  /** Where it was cut off since: what the disk has from there on is not to be seen again. */
  cutAt: number;
}

export function newContent(): Content {
  return {
    bytes: new Uint8Array(256),
    length: 0,
    durable: new Uint8Array(0),
    unsynced: new Set(),
    cutAt: Number.POSITIVE_INFINITY,
  };
}

export function writeContent(content: Content, at: number, bytes: Uint8Array, sectorBytes: number): void {
  const needed = at + bytes.byteLength;
  if (needed > content.bytes.byteLength) {
    const larger = new Uint8Array(needed * 2);
    larger.set(content.bytes.subarray(0, content.length));
    content.bytes = larger;
  }
  // What lies between the end and a write beyond it reads as zeros, whatever was there before a truncation.
  if (at > content.length) content.bytes.fill(0, content.length, at);
  content.bytes.set(bytes, at);
  content.length = Math.max(content.length, needed);
  for (let sector = Math.floor(at / sectorBytes); sector * sectorBytes < needed; sector++) content.unsynced.add(sector);
}

export function cutContent(content: Content, length: number): void {
  content.length = length;
  content.cutAt = Math.min(content.cutAt, length);
}

/** Puts what was written on the disk. */
export function syncContent(content: Content, sectorBytes: number): void {
  content.durable = withSectors(content, content.unsynced, content.length, sectorBytes);
  content.unsynced.clear();
  content.cutAt = Number.POSITIVE_INFINITY;
}

/** What is there after a loss of power: some of the unsynced sectors, and any length between the old and the new one. */
export function contentAfter(content: Content, sectorBytes: number, chance: Chance): Uint8Array {
  const [old, now] = [content.durable.byteLength, content.length];
  const share = chance();
  const some = new Set([...content.unsynced].filter(() => chance() > share));
  const whole = chance();
  // In most losses a file's size is the old or the new one; between the two it is as far as the system had come.
  const part = whole < 0.4 ? 1 : whole < 0.8 ? 0 : 1 - chance();
  const uncut = chance() < 0.5 ? content : { ...content, cutAt: Number.POSITIVE_INFINITY };
  return withSectors(uncut, some, Math.round(old + (now - old) * part), sectorBytes);
}

/** What is on the disk, with some of the sectors that are not, cut or filled with zeros to a length. */
function withSectors(content: Content, sectors: Iterable<number>, length: number, sectorBytes: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(content.durable.subarray(0, Math.min(length, content.cutAt)));
  const end = Math.min(length, content.length);
  for (const sector of sectors) {
    const at = sector * sectorBytes;
    if (at < end) bytes.set(content.bytes.subarray(at, Math.min(at + sectorBytes, end)), at);
  }
  return bytes;
}

/** A file got a name, lost one, or both. */
export interface NameChange {
  /** Whose sync makes it durable. */
  readonly directory: string;
  readonly content: Content;
  readonly from?: string;
  readonly to?: string;
}

export class UnsyncedNames {
  #changes: NameChange[] = [];

  add(change: NameChange): void {
    this.#changes.push(change);
  }

  /** The names of a directory were put on the disk. */
  synced(directory: string): void {
    this.#changes = this.#changes.filter((change) => change.directory !== directory);
  }

  /** A directory has another name: what was changed in it and not synced is lost with the power. */
  forget(directory: string): void {
    this.#changes = this.#changes.filter((change) => !`${change.directory}/`.startsWith(`${directory}/`));
  }

  /** Does some of the changes to the names that are on the disk; none of a file's after one that was left out. */
  applySome(durable: Map<string, Content>, chance: Chance): void {
    const share = chance();
    const leftOut = new Set<Content>();
    for (const { content, from, to } of this.#changes.splice(0)) {
      if (leftOut.has(content) || chance() <= share) {
        leftOut.add(content);
        continue;
      }
      if (from !== undefined && durable.get(from) === content) durable.delete(from);
      if (to !== undefined) durable.set(to, content);
    }
  }
}
