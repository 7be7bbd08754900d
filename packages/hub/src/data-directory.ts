// The data directory as a whole: its lock, the small file that says what it is, and the layout below it.
import { PenstockError } from './errors.js';
import type { Damage } from './files/damage.js';
import { DirectoryLock } from './files/directory-lock.js';
import type { Files } from './files/files.js';
import { freshHubFile, HUB_FILE, type HubFile, type JournalEnds, readHubFile, writeHubFile } from './files/hub-file.js';
import { Quarantine } from './files/quarantine.js';
import { giveUpReserveWhenFull } from './files/reserve.js';
import { usingDirectory } from './files/unusable-directory.js';
import { refuseNewerFormats } from './integrity/newer-formats.js';
import { isOld, upgradeFormat } from './integrity/upgrade.js';
import { queueNumbersIn } from './journal/segment-files.js';

export class DataDirectory {
  readonly path: string;
  readonly #files: Files;
  readonly #lock: DirectoryLock;
  #file: HubFile;
  /** What is wrong with the file that says what the directory is. */
  #problem: string | undefined;
  /** Whether the last hub here stopped as it should. */
  readonly wasClean: boolean;
  /** How far all had come when it did. */
  readonly lastEnds: JournalEnds | undefined;

  private constructor(path: string, files: Files, lock: DirectoryLock) {
    this.path = path;
    this.#files = files;
    this.#lock = lock;
    this.#file = this.#read();
    this.wasClean = this.#file.clean;
    this.lastEnds = this.#file.clean ? this.#file.ends : undefined;
  }

  /**
   * Makes the directory where there is none, takes its lock, and reads what it is. Until {@link begin} nothing is
   * written but the lock file.
   *
   * @param supervisorPid Process id of this hub's supervisor, if it has one.
   * @throws DATA_DIR_UNUSABLE, DATA_DIR_LOCKED, DATA_FORMAT_UNSUPPORTED, DATA_DAMAGED
   */
  static open(path: string, files: Files, supervisorPid?: number): DataDirectory {
    usingDirectory(path, 'cannot be made', () => files.makeDirectory(path));
    const lock = DirectoryLock.acquire(path, { supervisorPid });
    try {
      // A start on a full disk needs room, too.
      giveUpReserveWhenFull(files, path);
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
   * Brings a directory that an older Penstock wrote to the present format; before anything in it is opened. From then on
   * the older one refuses it.
   *
   * @param tell Told what is done, and how far it is when that takes long.
   * @throws (rejects) DATA_FORMAT_UNSUPPORTED when a newer one wrote any of its files: nothing is written then;
   *   DATA_DIR_UNUSABLE, and the next start goes on.
   */
  async upgrade(tell: (text: string) => void): Promise<void> {
    refuseNewerFormats(this.#files, this.path);
    if (!isOld(this.#file)) return;
    const write = (hub: HubFile) => this.#write(hub);
    try {
      await upgradeFormat({ files: this.#files, dataDirectory: this.path, hub: this.#file, write, tell });
    } catch (error) {
      this.writing(() => {
        throw error;
      });
    }
  }

  /**
   * Notes that a hub runs here: until {@link end}, the next start is to recover.
   *
   * @returns What of the file that says so was damaged, and was made anew.
   * @throws DATA_DIR_UNUSABLE
   */
  begin(nextQueueNumber: number): readonly Damage[] {
    this.writing(() => this.#files.makeDirectory(this.journal));
    const damage = this.#setAside();
    this.#write({ ...this.#file, nextQueueNumber, clean: false, ends: undefined });
    return damage;
  }

  /**
   * Notes that all is written and closed.
   *
   * @param ends How far all had come.
   * @throws DATA_DIR_UNUSABLE
   */
  end(ends: JournalEnds): void {
    this.#write({ ...this.#file, clean: true, ends });
  }

  /**
   * Does something that writes in it.
   *
   * @throws DATA_DIR_UNUSABLE when the system refuses, such as for a full disk.
   */
  writing<Result>(work: () => Result): Result {
    return usingDirectory(this.path, 'cannot be written', work);
  }

  /** See {@link DirectoryLock.descriptor}. */
  get lockDescriptor(): number | undefined {
    return this.#lock.descriptor;
  }

  unlock(): void {
    this.#lock.release();
  }

  #read(): HubFile {
    let file: HubFile | undefined;
    try {
      file = readHubFile(this.#files, this.path);
      if (file === undefined && this.#files.list(this.journal).length > 0) this.#problem = 'it is missing';
    } catch (error) {
      if (!(error instanceof PenstockError) || error.code !== 'DATA_DAMAGED') throw error;
      this.#problem = error.message;
    }
    return file ?? freshHubFile(this.#files, this.path, queueNumbersIn(this.#files, this.journal));
  }

  #setAside(): readonly Damage[] {
    if (this.#problem === undefined) return [];
    const path = `${this.path}/${HUB_FILE}`;
    const aside = this.writing(() => new Quarantine(this.#files, this.path).moveAside('hub-file', path));
    const problem = `${this.#problem}; it was made anew, and messages that brought no id have another one from now on`;
    this.#problem = undefined;
    return [{ kind: 'hub-file', path, problem, aside, lost: [] }];
  }

  #write(file: HubFile): void {
    this.#file = file;
    this.writing(() => writeHubFile(this.#files, this.path, file));
  }
}
