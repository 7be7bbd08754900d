// What the consumers in test/fixtures have written down outside the hub.
import { readFileSync } from 'node:fs';

/** One line of a log that `test/fixtures/record.mjs` writes. */
export interface Noted {
  readonly event: 'open' | 'consume' | 'close';
  readonly consumer: string;
  readonly threadIndex: number;
}

/** A delivery as its consumer saw it. */
export interface Delivery extends Noted {
  readonly event: 'consume';
  readonly id: string;
  readonly position: number;
  readonly topic: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly time: number;
  readonly attempt: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Short bodies only. */
  readonly text?: string;
}

/** All whole lines of a log, each a value; none when there is no such file yet. */
export function readNotes<Note = Noted>(log: string): Note[] {
  return readLines(log).map((line) => JSON.parse(line) as Note);
}

/** The deliveries among them, in the order in which they began. */
export function readDeliveries(log: string): Delivery[] {
  return readNotes(log).filter((note): note is Delivery => note.event === 'consume');
}

/** The bodies of those deliveries, as text. */
export function readTexts(log: string): (string | undefined)[] {
  return readDeliveries(log).map(({ text }) => text);
}

/** All whole lines of a text file; none when there is no such file yet. */
export function readLines(path: string): string[] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    lines.pop(); // what comes after the last line break is not written yet, or nothing
    return lines;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
