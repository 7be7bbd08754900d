// The two files of a key pair: the secret key in one that only its owner may read, the public key beside it.
import { closeSync, lstatSync, openSync, rmSync, writeSync } from 'node:fs';
import { PenstockError } from '@penstock/hub';
import type { KeyPair } from '@penstock/zeromq/keys';

const OWNER_ONLY = 0o600;
const FOR_ALL = 0o644;

/** Paths as they were given. */
export interface KeyFiles {
  readonly secretKeyFile: string;
  readonly publicKeyFile: string;
}

/**
 * Writes both files, or none when one of them is in the way.
 *
 * @param secretKeyFile Path of the one; the other is the same with `.pub` behind it.
 * @param force Whether to write over what is there.
 * @throws KEYS_NOT_WRITTEN
 */
export function writeKeyFiles(secretKeyFile: string, { publicKey, secretKey }: KeyPair, force: boolean): KeyFiles {
  const files = { secretKeyFile, publicKeyFile: `${secretKeyFile}.pub` };
  const paths = Object.values(files);
  const made: string[] = [];
  try {
    const inTheWay = paths.filter(isThere);
    if (inTheWay.length > 0 && !force) {
      throw new PenstockError(
        'KEYS_NOT_WRITTEN',
        `there is ${inTheWay.join(' and ')} already; choose another name, or make new keys with --force: whoever has the ` +
          'old public key then needs the new one',
      );
    }
    // Removed rather than written over: a file that is there may be open to others, or be a link to another.
    for (const path of paths) rmSync(path, { force: true });
    write(files.secretKeyFile, `${secretKey}\n`, OWNER_ONLY, made);
    write(files.publicKeyFile, `${publicKey}\n`, FOR_ALL, made);
  } catch (cause) {
    if (cause instanceof PenstockError) throw cause;
    // Half a pair is of no use, and would be in the way of the next try.
    for (const path of made) rmSync(path, { force: true });
    const message = `the keys cannot be written: ${(cause as Error).message}; choose another place for --out`;
    throw new PenstockError('KEYS_NOT_WRITTEN', message, { cause });
  }
  return files;
}

/** Never into a file that somebody else has made in the meantime. */
function write(path: string, text: string, mode: number, made: string[]): void {
  const file = openSync(path, 'wx', mode);
  made.push(path);
  try {
    writeSync(file, text);
  } finally {
    closeSync(file);
  }
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
