// The data directory as a whole: its lock, the small file that says what it is, and the layout below it.
import { randomBytes } from 'node:crypto';
import { PenstockError } from './errors.js';
import { DirectoryLock } from './files/directory-lock.js';
import { type Files, isMissing, readWhole, replaceFile } from './files/files.js';

const FORMAT_VERSION = 1;

/** What `hub.json` says. */
interface HubFile {
  readonly format: number;
  /** Names this hub's messages: the first part of every id that a message did not bring. */
  readonly hubId: string;
  /** A queue number that was never used. */
  readonly nextQueueNumber: number;
  /** Whether the last hub here stopped as it should, and so needs no recovery. */
  readonly clean: boolean;
}

export class DataDirectory {
  readonly path: string;
  readonly #files: Files;
  readonly #lock: DirectoryLock;
  #file: HubFile;
  /** Whether the last hub here stopped as it should. */
  readonly wasClean: boolean;

  private constructor(path: string, files: Files, lock: DirectoryLock) {
    this.path = path;
    this.#files = files;
    this.#lock = lock;
    this.#file = this.#read();
    this.wasClean = this.#file.clean;
  }

  /**
   * Makes the directory where there is none, takes its lock, and reads what it is. Until {@link begin} nothing is
   * written but the lock file.
   *
   * @throws DATA_DIR_UNUSABLE, DATA_DIR_LOCKED, DATA_FORMAT_UNSUPPORTED, DATA_DAMAGED
   */
  static open(path: string, files: Files): DataDirectory {
    try {
      files.makeDirectory(path);
    } catch (cause) {
      throw new PenstockError(
        'DATA_DIR_UNUSABLE',
        `the data directory ${path} cannot be made: ${(cause as Error).message}; choose another dataDir or change its permissions`,
        { cause },
      );
    }
    const lock = DirectoryLock.acquire(path);
    try {
      return new DataDirectory(path, files, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  get hubId(): string {
    return this.#file.hubId;
  }

  get nextQueueNumber(): number {
    return this.#file.nextQueueNumber;
  }

  get journal(): string {
    return `${this.path}/journal`;
  }

  /** Notes that a hub runs here: until {@link end}, the next start is to recover. */
  begin(nextQueueNumber: number): void {
    this.#files.makeDirectory(this.journal);
    this.#write({ ...this.#file, nextQueueNumber, clean: false });
  }

  /** Notes that all is written and closed. */
  end(): void {
    this.#write({ ...this.#file, clean: true });
  }

  unlock(): void {
    this.#lock.release();
  }

  #read(): HubFile {
    const path = `${this.path}/hub.json`;
    let file: HubFile;
    try {
      file = JSON.parse(new TextDecoder().decode(readWhole(this.#files, path))) as HubFile;
      if (typeof file?.format !== 'number') throw new Error('it is no object with a format');
    } catch (cause) {
      if (isMissing(cause)) {
        const hubId = randomBytes(6).toString('hex');
        return { format: FORMAT_VERSION, hubId, nextQueueNumber: 1, clean: false };
      }
      throw new PenstockError('DATA_DAMAGED', `${path} cannot be read: ${(cause as Error).message}`, { cause });
    }
    if (file.format > FORMAT_VERSION) {
      throw new PenstockError(
        'DATA_FORMAT_UNSUPPORTED',
        `${path} has format ${file.format}; this Penstock reads up to ${FORMAT_VERSION}`,
      );
    }
    return file;
  }

  #write(file: HubFile): void {
    this.#file = file;
    replaceFile(this.#files, this.path, 'hub.json', new TextEncoder().encode(`${JSON.stringify(file, null, 2)}\n`));
  }
}
