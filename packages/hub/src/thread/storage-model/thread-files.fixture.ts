// Files as a thread has them: when it ends, by itself or not, the runtime closes what it has left open.
import type { File, Files } from '../../files/files.js';

export class ThreadFiles implements Files {
  readonly #files: Files;
  readonly #open = new Set<File>();

  constructor(files: Files) {
    this.#files = files;
  }

  /** What happens when the thread ends. */
  closeAll(): void {
    for (const file of [...this.#open]) file.close();
  }

  create(path: string): File {
    return this.#track(this.#files.create(path));
  }

  overwrite(path: string): File {
    return this.#track(this.#files.overwrite(path));
  }

  open(path: string): File {
    return this.#track(this.#files.open(path));
  }

  list(directory: string): string[] {
    return this.#files.list(directory);
  }

  makeDirectory(path: string): void {
    this.#files.makeDirectory(path);
  }

  rename(from: string, to: string): void {
    this.#files.rename(from, to);
  }

  link(from: string, to: string): void {
    this.#files.link(from, to);
  }

  remove(path: string): void {
    this.#files.remove(path);
  }

  syncDirectory(path: string): void {
    this.#files.syncDirectory(path);
  }

  size(path: string): number {
    return this.#files.size(path);
  }

  #track(file: File): File {
    const tracked: File = {
      read: (into, offset) => file.read(into, offset),
      append: (bytes) => file.append(bytes),
      truncate: () => file.truncate(),
      size: () => file.size(),
      sync: () => file.sync(),
      close: () => {
        this.#open.delete(tracked);
        file.close();
      },
    };
    this.#open.add(tracked);
    return tracked;
  }
}
