// Where the control socket of a data directory lies, and how it comes to be there without anybody else ever being
// able to connect to it.
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, realpathSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { PenstockError } from '../errors.js';

/** The kernel takes 107 bytes, some systems 103; a path beyond this one goes to the temporary directory. */
export const MAX_SOCKET_PATH_BYTES = 100;

const SOCKET_NAME = 'control.sock';

/** Where the socket is made before it is moved to its name; not longer than that name, so that it fits wherever it does. */
const STAGING_DIRECTORY = '.ctl';
const STAGING_NAME = 's';

/**
 * Where the hub on a data directory is reached: `<dataDir>/control.sock`, or where that is over 100 bytes long,
 * `control.sock` in a directory `penstock-<hash of the data directory>` under the temporary one. Hub and CLI then
 * have to agree on `TMPDIR`.
 *
 * @param dataDir The data directory; a relative path starts at the working directory, symbolic links are followed.
 */
export function controlSocketPath(dataDir: string): string {
  return new ControlSocket(dataDir).path;
}

export class ControlSocket {
  readonly path: string;
  readonly #dataDir: string;
  /** The directory that is the socket's alone, where the data directory's path is too long. */
  readonly #ownDirectory: string | undefined;

  /** @param dataDir The data directory, as {@link controlSocketPath} takes it. */
  constructor(dataDir: string) {
    this.#dataDir = canonical(dataDir);
    const inside = join(this.#dataDir, SOCKET_NAME);
    const fits = Buffer.byteLength(inside) <= MAX_SOCKET_PATH_BYTES;
    this.#ownDirectory = fits ? undefined : temporaryDirectoryOf(this.#dataDir);
    this.path = this.#ownDirectory === undefined ? inside : join(this.#ownDirectory, SOCKET_NAME);
  }

  /**
   * Makes the socket so that it has its name only when it is private: `bind` makes it in a directory that nobody
   * else may enter; it gets mode 0600 and is moved to its name, in place of the one that a dead hub left behind.
   *
   * @param bind Listens on the path that it is given.
   * @throws CONTROL_SOCKET_FAILED
   */
  async place(bind: (path: string) => Promise<void>): Promise<void> {
    if (Buffer.byteLength(this.path) > MAX_SOCKET_PATH_BYTES) {
      throw failure(`${this.path} is over ${MAX_SOCKET_PATH_BYTES} bytes long; set TMPDIR to a shorter path`);
    }
    const staging = join(dirname(this.path), STAGING_DIRECTORY);
    const staged = join(staging, STAGING_NAME);
    try {
      if (this.#ownDirectory !== undefined) makePrivateDirectory(this.#ownDirectory);
      makePrivateDirectory(staging);
      try {
        rmSync(staged, { force: true });
        await bind(staged);
        chmodSync(staged, 0o600);
        renameSync(staged, this.path);
      } finally {
        rmSync(staged, { force: true });
        rmdirSync(staging);
      }
    } catch (error) {
      if (error instanceof PenstockError) throw error;
      throw failure(`cannot make ${this.path}: ${(error as Error).message}`, error);
    }
  }

  /** Takes away the socket that was placed, and the directory that was made for it; what is gone already is fine. */
  remove(): void {
    rmSync(this.path, { force: true });
    if (this.#ownDirectory !== undefined) removeIfEmpty(this.#ownDirectory);
  }

  /**
   * Refuses a temporary directory that somebody other than the data directory's owner may have made.
   *
   * @throws CONTROL_SOCKET_FAILED; Node's error when there is no such directory.
   */
  check(): void {
    if (this.#ownDirectory !== undefined) checkPrivateDirectory(this.#ownDirectory, lstatSync(this.#dataDir).uid);
  }
}

function temporaryDirectoryOf(dataDir: string): string {
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  return join(tmpdir(), `penstock-${hash}`);
}

function makePrivateDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  checkPrivateDirectory(path, process.geteuid?.());
}

function checkPrivateDirectory(path: string, owner: number | undefined): void {
  const { uid, mode, ...stats } = statOf(path);
  const remedy = 'remove it, or set TMPDIR to another directory';
  if (!stats.isDirectory) throw failure(`${path} is no directory; ${remedy}`);
  if (owner !== undefined && uid !== owner) throw failure(`${path} belongs to user ${uid}, not ${owner}; ${remedy}`);
  if ((mode & 0o077) !== 0) throw failure(`${path} may be entered by others (mode ${mode.toString(8)}); ${remedy}`);
}

function statOf(path: string) {
  const stats = lstatSync(path);
  return { isDirectory: stats.isDirectory(), uid: stats.uid, mode: stats.mode & 0o777 };
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

function canonical(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

const failure = (message: string, cause?: unknown): PenstockError =>
  new PenstockError('CONTROL_SOCKET_FAILED', `control socket: ${message}`, { cause });
