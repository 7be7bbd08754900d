// Files on a real disk. `durable: false` leaves syncing out: for an ephemeral hub, whose files live in memory.
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type File, type Files, isMissing } from './files.js';

export class NodeFiles implements Files {
  readonly #durable: boolean;

  constructor({ durable }: { durable: boolean }) {
    this.#durable = durable;
  }

  create(path: string): File {
    return new NodeFile(path, openSync(path, 'wx+', 0o600), this.#durable);
  }

  overwrite(path: string): File {
    return new NodeFile(path, openSync(path, 'r+'), this.#durable);
  }

  open(path: string): File {
    return new NodeFile(path, openSync(path, 'r'), this.#durable);
  }

  list(directory: string): string[] {
    try {
      return readdirSync(directory).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  makeDirectory(path: string): void {
    try {
      mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      if (isDirectory(path)) return;
      const above = dirname(resolve(path));
      // One by one, for Node's own recursion never returns below /proc: the parent is there, and nothing can be made.
      if (!isMissing(error) || existsSync(above)) throw error;
      this.makeDirectory(above);
      this.makeDirectory(path);
      return;
    }
    this.syncDirectory(dirname(resolve(path)));
  }

  rename(from: string, to: string): void {
    renameSync(from, to);
  }

  link(from: string, to: string): void {
    linkSync(from, to);
  }

  remove(path: string): void {
    rmSync(path, { recursive: true, force: true });
  }

  syncDirectory(path: string): void {
    if (!this.#durable) return;
    const descriptor = openSync(path, 'r');
    try {
      fsyncSync(descriptor);
    } catch (error) {
      throw naming(path, error);
    } finally {
      closeSync(descriptor);
    }
  }

  size(path: string): number {
    return statSync(path).size;
  }
}

class NodeFile implements File {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #durable: boolean;
  /** Where the next append goes. */
  #end = 0;

  constructor(path: string, descriptor: number, durable: boolean) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#durable = durable;
  }

  read(into: Uint8Array, offset: number): number {
    try {
      return readSync(this.#descriptor, into, 0, into.byteLength, offset);
    } catch (error) {
      throw naming(this.#path, error);
    }
  }

  append(bytes: Uint8Array): void {
    let at = 0;
    try {
      // A short write is no error to the kernel: the next one tells why (ENOSPC, EIO).
      while (at < bytes.byteLength) {
        const wrote = writeSync(this.#descriptor, bytes, at, bytes.byteLength - at, this.#end);
        at += wrote;
        this.#end += wrote;
      }
    } catch (error) {
      throw naming(this.#path, error);
    }
  }

  truncate(): void {
    try {
      ftruncateSync(this.#descriptor, this.#end);
    } catch (error) {
      throw naming(this.#path, error);
    }
  }

  size(): number {
    return fstatSync(this.#descriptor).size;
  }

  sync(): void {
    if (!this.#durable) return;
    try {
      fdatasyncSync(this.#descriptor);
    } catch (error) {
      throw naming(this.#path, error);
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Says of which file an error is: with calls on a descriptor, Node does not. The name is the one it was opened by. */
function naming(path: string, error: unknown): unknown {
  if (error instanceof Error && (error as NodeJS.ErrnoException).path === undefined) {
    error.message += ` '${path}'`;
    Object.assign(error, { path });
  }
  return error;
}

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
