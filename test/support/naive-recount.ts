// Counts anew, from the files alone, what each queue of a data directory was given and what of that is settled. It
// shares no code with the hub: it was written from the comments that describe the format (journal/record.ts,
// journal/segment.ts, settlement/settle-record.ts), and reads everything there is instead of looking anything up.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

export interface QueueCount {
  /** Entries that the journal has ever put into the queue. */
  readonly enqueued: number;
  /** Of these, how many the settle logs say are settled. */
  readonly settled: number;
  readonly backlog: number;
}

/**
 * Reads a data directory that no hub is running on, whether the last one stopped in order or was killed.
 *
 * @returns The counts of every queue, by its name.
 * @throws Error when the files contradict each other.
 */
export function recount(dataDir: string): Map<string, QueueCount> {
  const enqueued = countJournal(join(dataDir, 'journal'));
  const counts = new Map<string, QueueCount>();
  for (const folder of namesIn(join(dataDir, 'queues'))) {
    const path = join(dataDir, 'queues', folder);
    if (!namesIn(path).includes('queue.json')) continue;
    const { number, name } = JSON.parse(readFileSync(join(path, 'queue.json'), 'utf8'));
    const given = enqueued.get(number) ?? 0;
    const settled = countSettled(join(path, 'settled'), number, given);
    counts.set(name, { enqueued: given, settled, backlog: given - settled });
  }
  return counts;
}

function namesIn(directory: string): string[] {
  return readdirSync(directory).sort();
}

/** How many entries each queue was given, by its number: what the segments' headers say, and all records in them. */
function countJournal(directory: string): Map<number, number> {
  const counts = new Map<number, number>();
  const segments = namesIn(directory).filter((name) => /^\d{16}\.seg$/.test(name));
  let next: number | undefined;
  for (const name of segments) {
    const bytes = readFileSync(join(directory, name));
    if (bytes.toString('latin1', 0, 8) !== 'PENSTOCK') throw new Error(`${name} is no segment`);
    const first = bytes.readDoubleLE(24);
    if (first !== Number(name.slice(0, 16))) throw new Error(`${name} says that it begins at ${first}`);
    for (let at = 36; at < bytes.readUInt32LE(12); at += 20) {
      const [queue, base] = [bytes.readUInt32LE(at), bytes.readDoubleLE(at + 4)];
      // Where the segment before this one is still there, what was counted has to be what this one begins with.
      if (first === next && (counts.get(queue) ?? 0) !== base) {
        throw new Error(`${name} begins with ${base} entries in queue ${queue}; ${counts.get(queue)} were counted`);
      }
      counts.set(queue, base);
    }
    next = countSegment(bytes, first, (queue, entries) => counts.set(queue, (counts.get(queue) ?? 0) + entries));
  }
  return counts;
}

/** Counts the entries of all whole records from the first on. Returns the position after the last of them. */
function countSegment(bytes: Buffer, first: number, add: (queue: number, entries: number) => void): number {
  const routes = new Map<number, number[]>();
  let position = first;
  for (let at = bytes.readUInt32LE(12); at + 36 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    const record = bytes.subarray(at, at + length);
    const isWhole = length >= 36 && record.length === length && bytes.readDoubleLE(at + 8) === position;
    if (!isWhole || crc32(record.subarray(8)) !== record.readUInt32LE(4)) break;
    const [kind, number, body] = [record.readUInt8(24), record.readUInt32LE(32), record.subarray(36)];
    if (kind === 1) for (const queue of routes.get(number) ?? []) add(queue, 1);
    if (kind === 2) routes.set(number, [...new Uint32Array(new Uint8Array(body).buffer)]);
    if (kind === 3) add(number, body.length / 16);
    at += length;
    position += length;
  }
  return position;
}

/** How many of a queue's first `enqueued` entries any of its logs says are settled. */
function countSettled(directory: string, queue: number, enqueued: number): number {
  const settled = new Uint8Array(enqueued);
  for (const name of namesIn(directory).filter((each) => each.endsWith('.log'))) {
    const bytes = readFileSync(join(directory, name));
    if (bytes.length < 40) continue;
    if (bytes.toString('latin1', 0, 8) !== 'PENSETTL' || bytes.readUInt32LE(12) !== queue) {
      throw new Error(`${name} is no settle log of queue ${queue}`);
    }
    for (let at = 40; at + 40 <= bytes.length; at += 40) {
      if (crc32(bytes.subarray(at + 4, at + 40)) !== bytes.readUInt32LE(at)) break;
      const [kind, ordinal, count] = [bytes.readUInt8(at + 4), bytes.readDoubleLE(at + 8), bytes.readUInt32LE(at + 16)];
      if (kind === 16) settled.fill(1, 0, ordinal);
      if ((kind >= 1 && kind <= 4) || kind === 17) settled.fill(1, ordinal, ordinal + count);
    }
  }
  return settled.reduce((sum, each) => sum + each, 0);
}
