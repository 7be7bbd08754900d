// A view of files that can be written to without any of it reaching the disk: what is written, renamed or removed is so
// in memory alone. For a look at what a hub left, through the very code that would repair it.
import { type File, type Files, isMissing, readWhole } from './files.js';
import { MemoryFiles } from './memory-files.js';

export class CopyOnWriteFiles implements Files {
  readonly #below: Files;
  readonly #above = new MemoryFiles();
  /** Paths that are seen no more as they are below, nor is anything in them. */
  readonly #hidden = new Set<string>();

  constructor(below: Files) {
    this.#below = below;
  }

  create(path: string): File {
    if (this.#has(path)) throw systemError('EEXIST', path);
    const directory = parentOf(path);
    if (!this.list(parentOf(directory)).includes(nameOf(directory))) throw systemError('ENOENT', path);
    this.#above.makeDirectory(directory);
    return this.#above.create(path);
  }

  overwrite(path: string): File {
    this.#raise(path);
    return this.#above.overwrite(path);
  }

  open(path: string): File {
    return this.#isAbove(path) ? this.#above.open(path) : this.#belowOf(path).open(path);
  }

  list(directory: string): string[] {
    const below = this.#below.list(directory).filter((name) => !this.#isHidden(`${directory}/${name}`));
    return [...new Set([...below, ...this.#above.list(directory)])].sort();
  }

  makeDirectory(path: string): void {
    this.#above.makeDirectory(path);
  }

  rename(from: string, to: string): void {
    this.#raise(from);
    this.#above.makeDirectory(parentOf(to));
    this.#above.rename(from, to);
    this.#hidden.add(from);
  }

  link(from: string, to: string): void {
    if (this.#has(to)) throw systemError('EEXIST', to);
    this.#raise(from);
    this.#above.makeDirectory(parentOf(to));
    this.#above.link(from, to);
  }

  remove(path: string): void {
    this.#above.remove(path);
    this.#hidden.add(path);
  }

  syncDirectory(): void {}

  size(path: string): number {
    return this.#isAbove(path) ? this.#above.size(path) : this.#belowOf(path).size(path);
  }

  #isAbove(path: string): boolean {
    return this.#above.list(parentOf(path)).includes(nameOf(path));
  }

  #isHidden(path: string): boolean {
    for (let at = path; at !== ''; at = parentOf(at)) if (this.#hidden.has(at)) return true;
    return false;
  }

  #has(path: string): boolean {
    try {
      this.size(path);
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /** The files below, where this one is still seen. */
  #belowOf(path: string): Files {
    if (this.#isHidden(path)) throw systemError('ENOENT', path);
    return this.#below;
  }

  /** Copies a file into memory, to be changed there. */
  #raise(path: string): void {
    if (this.#isAbove(path)) return;
    const bytes = readWhole(this.#belowOf(path), path);
    this.#above.makeDirectory(parentOf(path));
    const file = this.#above.create(path);
    file.append(bytes);
    file.close();
  }
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

const nameOf = (path: string): string => path.slice(parentOf(path).length + 1);

const systemError = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code });
