// Segments that nobody needs any more, kept to be written over by the next ones. A sync of blocks that are there
// already needs no commit of the file system's own journal: it takes half the time, and does not wait for what
// other processes do to the same file system (docs/decisions/0003). Old records in them cannot be taken for new
// ones: a record bears its position, and no two have the same.
import { type File, type Files, isMissing } from '../../files/files.js';

/** How many are kept; a segment that goes beyond it is removed. */
const MOST_SPARES = 2;
const SPARE = /^spare-(\d+)$/;

export class SpareSegments {
  readonly #files: Files;
  readonly #directory: string;
  #names: string[];
  #bytes: number;
  #short = false;

  constructor(files: Files, journalDirectory: string) {
    this.#files = files;
    this.#directory = journalDirectory;
    this.#names = files.list(journalDirectory).filter((name) => SPARE.test(name));
    this.#bytes = this.#names.reduce((sum, name) => sum + files.size(`${journalDirectory}/${name}`), 0);
  }

  /** Bytes they take on disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether disk space is short: none is kept, and those that are there go. */
  set shortOfSpace(short: boolean) {
    this.#short = short;
    if (!short) return;
    for (const name of this.#names.splice(0)) this.#files.remove(`${this.#directory}/${name}`);
    this.#bytes = 0;
  }

  /** Keeps a segment's file, or removes it when there are enough. */
  retire(segment: string): void {
    const path = `${this.#directory}/${segment}`;
    if (this.#short || this.#names.length >= MOST_SPARES) {
      this.#files.remove(path);
      return;
    }
    const number = this.#names.reduce((most, name) => Math.max(most, Number(SPARE.exec(name)?.[1]) + 1), 0);
    const name = `spare-${number}`;
    this.#files.rename(path, `${this.#directory}/${name}`);
    this.#names.push(name);
    this.#bytes += this.#files.size(`${this.#directory}/${name}`);
  }

  /** A file to write a new segment into, under a name of its own: a spare one to be written over, or a fresh one. */
  take(name: string): { file: File; reused: boolean } {
    const path = `${this.#directory}/${name}`;
    this.#files.remove(path);
    const spare = this.#names.pop();
    if (spare !== undefined) {
      try {
        this.#bytes -= this.#files.size(`${this.#directory}/${spare}`);
        this.#files.rename(`${this.#directory}/${spare}`, path);
        return { file: this.#files.overwrite(path), reused: true };
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
    return { file: this.#files.create(path), reused: false };
  }
}
