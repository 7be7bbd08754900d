// What is written down outside the hub: by a producer, which messages were accepted; by a consumer, what it got. A note is
// one line in one write to a file opened for appending, so that neither threads nor kills can tear or mix lines.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { MessageName } from './message.js';

/**
 * How a delivery ended, as far as its consumer knows: `took` when it returned, `failed` when it threw and the message is to
 * come again, `dead` when it threw and the message is to become a dead letter.
 */
export type Ending = 'took' | 'failed' | 'dead';

/** One delivery, as its consumer saw it. */
export interface Delivery extends MessageName {
  readonly ending: Ending;
  /** Of the bytes that came; see `checksumOf()`. */
  readonly checksum: string;
  readonly attempt: number;
  /** The machine's monotonic clock, in milliseconds: of one boot, whichever process reads it. */
  readonly atMs: number;
}

/** The machine's monotonic clock, in milliseconds, which stays right whatever is done to the process's own clocks. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** A file of notes that is being written. */
export class Notes {
  readonly #descriptor: number;

  /** @param path The file, made where there is none. */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'a');
  }

  /** Notes a delivery. */
  delivery({ ending, producer, sequence, checksum, attempt, atMs }: Delivery): void {
    this.#write(`${ending} ${producer} ${sequence} ${checksum} ${attempt} ${atMs.toFixed(3)}\n`);
  }

  /** Notes messages whose accept reply has come. */
  accepted(names: readonly MessageName[]): void {
    this.#write(names.map(({ producer, sequence }) => `${producer} ${sequence}\n`).join(''));
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #write(lines: string): void {
    const bytes = Buffer.from(lines);
    // A note that is not whole would be taken for none, and what it says for lost: a full disk is no finding.
    if (writeSync(this.#descriptor, bytes) !== bytes.length) throw new Error('a note was not written whole');
  }
}

/** All deliveries in a file of notes, in order; none when there is no such file. */
export function readDeliveries(path: string): Delivery[] {
  return readFields(path).map(([ending, producer = '', sequence, checksum = '', attempt, atMs]) => ({
    ending: ending as Ending,
    producer,
    sequence: Number(sequence),
    checksum,
    attempt: Number(attempt),
    atMs: Number(atMs),
  }));
}

/** All accepted messages in a file of notes, in order; none when there is no such file. */
export function readAccepted(path: string): MessageName[] {
  return readFields(path).map(([producer = '', sequence]) => ({ producer, sequence: Number(sequence) }));
}

/** The whole lines, each split at its spaces; what comes after the last line end was never finished. */
function readFields(path: string): string[][] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' '));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
