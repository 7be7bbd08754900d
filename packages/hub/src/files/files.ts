// The one way to the disk: a small synchronous interface, so that a test can put a faulty or power-losing
// disk behind everything the hub keeps. Synchronous because each user has a thread of its own: asynchronous
// file calls share libuv's pool with whatever the consumers block in it.

/** One open file. */
export interface File {
  /** Reads up to `into.byteLength` bytes at `offset`; returns how many there were, 0 at the end. */
  read(into: Uint8Array, offset: number): number;
  /** Writes all of `bytes` after what this handle has written (of a fresh file: at its end), or throws. */
  append(bytes: Uint8Array): void;
  /** Cuts the file after what this handle has written. */
  truncate(): void;
  /** Size in bytes. */
  size(): number;
  /** Puts what was written on stable storage. Whoever has written to the file, through whichever handle. */
  sync(): void;
  close(): void;
}

export interface Files {
  /** Makes a new file, mode 0600, and opens it for reading and appending. It must not exist. */
  create(path: string): File;
  /** Opens an existing file for reading and for appending from its beginning, over what is there. */
  overwrite(path: string): File;
  /** Opens an existing file for reading and syncing. */
  open(path: string): File;
  /** The names in a directory, sorted; none when there is no such directory. */
  list(directory: string): string[];
  /** Makes a directory and those above it, mode 0700, and puts their names on stable storage; fine when it exists. */
  makeDirectory(path: string): void;
  /**
   * Gives a file another name in the same directory tree, replacing what had it; or a directory, with all in it, one
   * that nothing has.
   */
  rename(from: string, to: string): void;
  /** Gives a file a second name in the same directory tree, which nothing has. Not every file system can. */
  link(from: string, to: string): void;
  /** Removes a file, or a directory with all in it; fine when there is none. */
  remove(path: string): void;
  /** Puts a directory's names on stable storage. */
  syncDirectory(path: string): void;
  /** Size of a file in bytes. */
  size(path: string): number;
}

/** Whether an error says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === 'ENOENT';
}

const DISK_FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);

/** Whether an error says that there is no room on the disk, or none for this user. */
export function isDiskFull(error: unknown): boolean {
  return DISK_FULL.has((error as { code?: unknown } | undefined)?.code);
}

/** Reads until `into` is full or the file ends; returns how many bytes there were. */
export function readFully(file: File, into: Uint8Array, offset: number): number {
  let got = 0;
  while (got < into.byteLength) {
    const more = file.read(into.subarray(got), offset + got);
    if (more === 0) break;
    got += more;
  }
  return got;
}

/** Reads a whole file. */
export function readWhole(files: Files, path: string): Uint8Array {
  const file = files.open(path);
  try {
    const bytes = new Uint8Array(file.size());
    return bytes.subarray(0, readFully(file, bytes, 0));
  } finally {
    file.close();
  }
}

/** Puts what was written to a file on stable storage, whoever has written it. */
export function syncFile(files: Files, path: string): void {
  const file = files.open(path);
  try {
    file.sync();
  } finally {
    file.close();
  }
}

/** Writes a small file whole or not at all: beside it first, synced, then renamed over it. */
export function replaceFile(files: Files, directory: string, name: string, bytes: Uint8Array): void {
  const temporary = `${directory}/${name}.tmp`;
  files.remove(temporary);
  const file = files.create(temporary);
  try {
    file.append(bytes);
    file.sync();
  } finally {
    file.close();
  }
  files.rename(temporary, `${directory}/${name}`);
  files.syncDirectory(directory);
}
