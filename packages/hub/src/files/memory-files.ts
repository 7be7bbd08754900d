// Files in memory, for tests of what is kept on disk: as fast as the code under test, and able to fail. A hook sees
// each operation first and can make it fail, an append in the middle of its bytes too; what was not synced is
// known, so that the disk can also be left as a loss of power would leave it (unsynced.ts).
import type { File, Files } from './files.js';
import {
  type Chance,
  type Content,
  contentAfter,
  cutContent,
  NOTHING_MORE,
  newContent,
  syncContent,
  UnsyncedNames,
  writeContent,
} from './unsynced.js';

/** What is about to be done, for a {@link DiskHook}. */
export interface DiskOperation {
  readonly kind:
    | 'create'
    | 'overwrite'
    | 'open'
    | 'read'
    | 'append'
    | 'truncate'
    | 'sync'
    | 'list'
    | 'makeDirectory'
    | 'rename'
    | 'link'
    | 'remove'
    | 'syncDirectory';
  readonly path: string;
  /** Of an append, how many bytes it is of; of a read, how many it asks for. */
  readonly bytes: number;
}

/** What becomes of an operation instead. */
export interface DiskFault {
  /** Thrown by the operation. */
  readonly error: Error;
  /** Of an append: how many of its bytes are written nevertheless; none by default. */
  readonly written?: number;
  /** Of a sync: what was to be written counts as written, though it is not, and the next sync leaves it out: as kernels do. */
  readonly lies?: boolean;
}

/** Called before each operation; what it returns happens instead. */
export type DiskHook = (operation: DiskOperation) => DiskFault | undefined;

interface Renamed {
  readonly from: string;
  readonly to: string;
}

export class MemoryFiles implements Files {
  /** Sees every operation first. */
  hook: DiskHook | undefined;
  #names = new Map<string, Content>();
  #directories = new Set<string>(['']);
  #durableNames = new Map<string, Content>();
  #durableDirectories = new Set<string>(['']);
  /** Directories whose new name a loss of power would take back. */
  #renamedDirectories: Renamed[] = [];
  #unsyncedNames = new UnsyncedNames();
  readonly #sectorBytes: number;
  #openFiles = 0;

  /** @param sectorBytes What a loss of power leaves as it was or as it is, but not in between. */
  constructor({ sectorBytes = 512 }: { readonly sectorBytes?: number } = {}) {
    this.#sectorBytes = sectorBytes;
  }

  /** Files that were opened and not closed. */
  get openFiles(): number {
    return this.#openFiles;
  }

  create(path: string): File {
    this.#announce('create', path);
    if (this.#names.has(path) || this.#directories.has(path)) throw systemError('EEXIST', path);
    if (!this.#directories.has(parentOf(path))) throw systemError('ENOENT', path);
    const content = newContent();
    this.#names.set(path, content);
    this.#unsyncedNames.add({ directory: parentOf(path), content, to: path });
    return this.#handle(path, content, true);
  }

  overwrite(path: string): File {
    this.#announce('overwrite', path);
    return this.#handle(path, this.#find(path), true);
  }

  open(path: string): File {
    this.#announce('open', path);
    return this.#handle(path, this.#find(path), false);
  }

  list(directory: string): string[] {
    this.#announce('list', directory);
    const inside = (path: string) => path !== '' && parentOf(path) === directory;
    const paths = [...this.#names.keys(), ...this.#directories].filter(inside);
    return paths.map((path) => path.slice(directory.length + 1)).sort();
  }

  makeDirectory(path: string): void {
    this.#announce('makeDirectory', path);
    for (let at = path; at !== ''; at = parentOf(at)) {
      this.#directories.add(at);
      this.#durableDirectories.add(at);
    }
  }

  rename(from: string, to: string): void {
    this.#announce('rename', from);
    if (!this.#directories.has(parentOf(to))) throw systemError('ENOENT', to);
    if (this.#directories.has(from)) {
      this.#renameDirectory(from, to);
      return;
    }
    const content = this.#find(from);
    this.#names.delete(from);
    this.#names.set(to, content);
    this.#unsyncedNames.add({ directory: parentOf(to), content, from, to });
  }

  link(from: string, to: string): void {
    this.#announce('link', from);
    if (this.#names.has(to) || this.#directories.has(to)) throw systemError('EEXIST', to);
    if (!this.#directories.has(parentOf(to))) throw systemError('ENOENT', to);
    const content = this.#find(from);
    this.#names.set(to, content);
    this.#unsyncedNames.add({ directory: parentOf(to), content, to });
  }

  remove(path: string): void {
    this.#announce('remove', path);
    const inside = (other: string) => other === path || other.startsWith(`${path}/`);
    for (const [name, content] of this.#names) {
      if (!inside(name)) continue;
      this.#names.delete(name);
      this.#unsyncedNames.add({ directory: parentOf(name), content, from: name });
    }
    for (const name of this.#directories) if (inside(name)) this.#directories.delete(name);
  }

  syncDirectory(path: string): void {
    this.#announce('syncDirectory', path);
    if (!this.#directories.has(path)) throw systemError('ENOENT', path);
    for (const renamed of this.#renamedDirectories.splice(0)) {
      if (parentOf(renamed.from) !== path) {
        this.#renamedDirectories.push(renamed);
        continue;
      }
      this.#durableNames = new Map([...this.#durableNames].map(([name, content]) => [moved(name, renamed), content]));
      this.#durableDirectories = new Set([...this.#durableDirectories].map((name) => moved(name, renamed)));
    }
    const inside = (other: string) => other !== '' && parentOf(other) === path;
    for (const name of this.#durableNames.keys()) if (inside(name)) this.#durableNames.delete(name);
    for (const name of this.#durableDirectories) if (inside(name)) this.#durableDirectories.delete(name);
    for (const [name, content] of this.#names) if (inside(name)) this.#durableNames.set(name, content);
    for (const name of this.#directories) if (inside(name)) this.#durableDirectories.add(name);
    this.#unsyncedNames.synced(path);
  }

  size(path: string): number {
    return this.#find(path).length;
  }

  /** Leaves the disk as after a kill: all that was done is there, and nobody has a file open. */
  loseProcess(): void {
    this.hook = undefined;
    this.#openFiles = 0;
  }

  /**
   * Leaves the disk as a loss of power does.
   *
   * @param chance Decides, for each sector that was written and each name that was changed without being synced, whether
   *   it is as it was or as it is. By default all is as it was: what was not synced is gone, names as well as bytes.
   */
  losePower(chance: Chance = NOTHING_MORE): void {
    this.loseProcess();
    this.#unsyncedNames.applySome(this.#durableNames, chance);
    this.#renamedDirectories = [];
    const isThere = (path: string): boolean => {
      if (path === '') return true;
      return this.#durableDirectories.has(path) && isThere(parentOf(path));
    };
    this.#directories = new Set([...this.#durableDirectories].filter(isThere));
    this.#names = new Map([...this.#durableNames].filter(([path]) => isThere(parentOf(path))));
    for (const content of this.#names.values()) {
      content.bytes = contentAfter(content, this.#sectorBytes, chance);
      content.length = content.bytes.byteLength;
      content.durable = content.bytes.slice();
      content.unsynced.clear();
      content.cutAt = Number.POSITIVE_INFINITY;
    }
    this.#durableDirectories = new Set(this.#directories);
    this.#durableNames = new Map(this.#names);
  }

  /** What is in the directory goes with it; a loss of power undoes that as long as its parent is not synced. */
  #renameDirectory(from: string, to: string): void {
    if (parentOf(from) !== parentOf(to) || this.#directories.has(to)) throw systemError('EEXIST', to);
    const renamed = { from, to };
    this.#names = new Map([...this.#names].map(([name, content]) => [moved(name, renamed), content]));
    this.#directories = new Set([...this.#directories].map((name) => moved(name, renamed)));
    this.#renamedDirectories.push(renamed);
    this.#unsyncedNames.forget(from);
  }

  #find(path: string): Content {
    const content = this.#names.get(path);
    if (content === undefined) throw systemError('ENOENT', path);
    return content;
  }

  #handle(path: string, content: Content, writable: boolean): File {
    this.#openFiles++;
    let end = 0;
    let isOpen = true;
    const announce = (kind: DiskOperation['kind'], bytes = 0) => {
      if (!isOpen) throw systemError('EBADF', path);
      return this.#announce(kind, path, bytes);
    };
    return {
      read: (into, offset) => {
        announce('read', into.byteLength);
        const some = content.bytes
          .subarray(Math.min(offset, content.length), content.length)
          .subarray(0, into.byteLength);
        into.set(some);
        return some.byteLength;
      },
      append: (bytes) => {
        if (!writable) throw systemError('EBADF', path);
        const fault = announce('append', bytes.byteLength);
        const some = fault === undefined ? bytes : bytes.subarray(0, fault.written ?? 0);
        writeContent(content, end, some, this.#sectorBytes);
        end += some.byteLength;
        if (fault !== undefined) throw fault.error;
      },
      truncate: () => {
        if (!writable) throw systemError('EINVAL', path);
        announce('truncate');
        cutContent(content, end);
      },
      size: () => content.length,
      sync: () => {
        const fault = announce('sync');
        if (fault?.lies === true) content.unsynced.clear();
        if (fault !== undefined) throw fault.error;
        syncContent(content, this.#sectorBytes);
      },
      close: () => {
        if (!isOpen) throw systemError('EBADF', path);
        isOpen = false;
        this.#openFiles--;
      },
    };
  }

  /** Asks the hook. A fault is thrown, but for one of an append or a sync, which have something to do first. */
  #announce(kind: DiskOperation['kind'], path: string, bytes = 0): DiskFault | undefined {
    const fault = this.hook?.({ kind, path, bytes });
    if (fault !== undefined && kind !== 'append' && kind !== 'sync') throw fault.error;
    return fault;
  }
}

const moved = (path: string, { from, to }: Renamed): string =>
  path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : path;

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
