// The data directory as a whole: its lock, the small file that says what it is, and the layout below it.
import { randomBytes } from 'node:crypto';
import { DirectoryLock } from './files/directory-lock.js';
import type { Files } from './files/files.js';
import { DATA_FORMAT, type HubFile, readHubFile, writeHubFile } from './files/hub-file.js';
import { usingDirectory } from './files/unusable-directory.js';

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
    usingDirectory(path, 'cannot be made', () => files.makeDirectory(path));
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

  /**
   * Notes that a hub runs here: until {@link end}, the next start is to recover.
   *
   * @throws DATA_DIR_UNUSABLE
   */
  begin(nextQueueNumber: number): void {
    this.writing(() => this.#files.makeDirectory(this.journal));
    this.#write({ ...this.#file, nextQueueNumber, clean: false });
  }

  /**
   * Notes that all is written and closed.
   *
   * @throws DATA_DIR_UNUSABLE
   */
  end(): void {
    this.#write({ ...this.#file, clean: true });
  }

  /**
   * Does something that writes in it.
   *
   * @throws DATA_DIR_UNUSABLE when the system refuses, such as for a full disk.
   */
  writing<Result>(work: () => Result): Result {
    return usingDirectory(this.path, 'cannot be written', work);
  }

  unlock(): void {
    this.#lock.release();
  }

  #read(): HubFile {
    const fresh = { format: DATA_FORMAT, nextQueueNumber: 1, clean: false };
    return readHubFile(this.#files, this.path) ?? { ...fresh, hubId: randomBytes(6).toString('hex') };
  }

  #write(file: HubFile): void {
    this.#file = file;
    this.writing(() => writeHubFile(this.#files, this.path, file));
  }
}
