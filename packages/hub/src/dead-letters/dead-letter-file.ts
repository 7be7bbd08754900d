// Writes the dead letters of one thread: appended as they come, and put on stable storage before their deliveries are
// settled. Each thread has files of its own, and each of its incarnations begins new ones.
import { randomBytes } from 'node:crypto';
import type { File, Files } from '../files/files.js';
import { deadDirectory, deadFileName } from './file-names.js';
import { encodeFileHeader, encodeFooter, encodeLetter, type LetterNote } from './letter-format.js';

/** A file of this size is closed, and another one begun: a file goes when all letters in it are removed. */
const ROLL_BYTES = 16 * 1024 * 1024;

/** What is kept of a delivery that has failed for good. */
export interface NewDeadLetter extends LetterNote {
  /** The message's DATA record, as it lies in the journal. */
  readonly record: Uint8Array;
}

export interface DeadLetterWriterOptions {
  readonly files: Files;
  /** The queue's folder. */
  readonly directory: string;
  /** Whose files: `t0` for a consumer's first thread, `overflow` for the thread that takes the oldest out of a full queue. */
  readonly writer: string;
  readonly incarnation: number;
  readonly queueNumber: number;
}

/** A file under way. */
interface Open {
  readonly file: File;
  readonly path: string;
  readonly id: bigint;
  bytes: number;
  letters: number;
  leastOrdinal: number;
  greatestOrdinal: number;
  /** Whether something in it is on stable storage, and so has to stay. */
  synced: boolean;
}

export class DeadLetterWriter {
  readonly #options: DeadLetterWriterOptions;
  #open: Open | undefined;
  #nextFile = 1;
  #unsynced = false;
  /** Why letters that were added since the last sync are not safe. */
  #failure: { readonly error: unknown } | undefined;

  constructor(options: DeadLetterWriterOptions) {
    this.#options = options;
  }

  /**
   * Writes a letter, which counts once {@link sync} has returned. The file is made on first use.
   *
   * @throws what the write failed with. None of what was added since the last {@link sync} counts then, as that says
   *   too: it is to be added again, and goes to a new file.
   */
  add({ record, ...note }: NewDeadLetter): void {
    try {
      if (this.#open !== undefined && this.#open.bytes >= ROLL_BYTES) this.#roll(this.#open);
      this.#open ??= this.#begin();
      const open = this.#open;
      const bytes = encodeLetter(open.id, note, record);
      open.file.append(bytes);
      open.bytes += bytes.byteLength;
      open.letters++;
      open.leastOrdinal = Math.min(open.leastOrdinal, note.ordinal);
      open.greatestOrdinal = Math.max(open.greatestOrdinal, note.ordinal);
      this.#unsynced = true;
    } catch (error) {
      this.#abandon(error);
      throw error;
    }
  }

  /**
   * Puts all letters that were added on stable storage.
   *
   * @throws what a write or the sync failed with: none of what was added since the last successful sync counts then, and
   *   it is to be added again.
   */
  sync(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
    const open = this.#open;
    if (open === undefined || !this.#unsynced) return;
    try {
      this.#sync(open);
    } catch (error) {
      this.#abandon(error);
      this.#failure = undefined;
      throw error;
    }
  }

  /** Ends the file with how much is in it, so that a start need not read it. Letters are to be synced before. */
  close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    try {
      open.file.append(encodeFooter(open.id, open));
      open.file.sync();
    } catch {
      // A file without its footer is read through.
    }
    closeFile(open.file);
  }

  #sync(open: Open): void {
    open.file.sync();
    // Or a loss of power could take the name, and with it all that was synced under it.
    if (!open.synced) this.#options.files.syncDirectory(deadDirectory(this.#options.directory));
    open.synced = true;
    this.#unsynced = false;
  }

  #roll(open: Open): void {
    if (this.#unsynced) this.#sync(open);
    this.close();
  }

  #begin(): Open {
    const { files, directory, queueNumber } = this.#options;
    files.makeDirectory(deadDirectory(directory));
    const { file, path } = this.#create();
    const id = randomBytes(8).readBigUInt64LE();
    this.#open = {
      file,
      path,
      id,
      bytes: 0,
      letters: 0,
      leastOrdinal: Number.POSITIVE_INFINITY,
      greatestOrdinal: 0,
      synced: false,
    };
    const header = encodeFileHeader(queueNumber, id);
    file.append(header);
    this.#open.bytes = header.byteLength;
    return this.#open;
  }

  /** Under a name that nothing has. */
  #create(): { file: File; path: string } {
    const { files, directory, writer, incarnation } = this.#options;
    for (;;) {
      const name = deadFileName(writer, incarnation, this.#nextFile++);
      const path = `${deadDirectory(directory)}/${name}`;
      try {
        return { file: files.create(path), path };
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
      }
    }
  }

  /** Leaves a file that cannot be trusted any more; what is in it counts as far as it can be read. */
  #abandon(error: unknown): void {
    if (this.#unsynced) this.#failure = { error };
    this.#unsynced = false;
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    closeFile(open.file);
    if (open.synced) return;
    try {
      // Nothing in it was ever promised, and a full disk would get one such file with every try.
      this.#options.files.remove(open.path);
    } catch {
      // Then it stays, and is read as far as it can be.
    }
  }
}

function closeFile(file: File): void {
  try {
    file.close();
  } catch {
    // Some file systems tell only here that a write failed; what counts was synced.
  }
}
