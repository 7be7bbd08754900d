// Reads keys from files: a secret key from one that nobody else can read, a public key, a list of public keys.
// All have the same form: a key a line, after it an optional name; empty lines and lines that begin with "#" are left
// out. "#" is a character of Z85, but no key begins with it: five characters that do stand for a number over 32 bits.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { CurveError } from './curve-error.js';
import { keyProblem } from './keys.js';

/** A key takes 41 bytes, a list of clients rarely more than some thousand of them. */
const MOST_BYTES = 1024 * 1024;

const WINDOWS = process.platform === 'win32';

/**
 * Reads the secret key out of a file.
 *
 * @param path Relative to the working directory, or absolute.
 * @throws CurveError when it cannot be read, others can read it, or it does not hold exactly one key.
 */
export function readSecretKey(path: string): string {
  return onlyKey('secretKeyFile', path, readWhole('secretKeyFile', path, { secret: true }));
}

/** Reads the one public key in a file. @throws CurveError as {@link readSecretKey}. */
export function readPublicKey(option: string, path: string): string {
  return onlyKey(option, path, readWhole(option, path));
}

/**
 * Reads a list of public keys.
 *
 * @returns Each key with its name, which is empty where the line has none.
 * @throws CurveError when it cannot be read, has a line that is no key, or has no key at all.
 */
export function readKeyList(option: string, path: string): Map<string, string> {
  const keys = parseKeys(option, path, readWhole(option, path));
  if (keys.size === 0) throw problem(option, path, 'has no key: write the public key of each client into a line');
  return keys;
}

function onlyKey(option: string, path: string, text: string): string {
  const [first, ...rest] = parseKeys(option, path, text).keys();
  if (first !== undefined && rest.length === 0) return first;
  throw problem(option, path, `must hold one key, and holds ${first === undefined ? 'none' : rest.length + 1}`);
}

/** Never repeats what stands in the file: it may be a secret key with a slip in it. */
function parseKeys(option: string, path: string, text: string): Map<string, string> {
  const keys = new Map<string, string>();
  for (const [at, line] of text.split('\n').entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const [key = '', ...name] = trimmed.split(/\s+/);
    const wrong = keyProblem(key);
    if (wrong !== undefined) throw problem(option, path, `line ${at + 1} ${wrong}`);
    keys.set(key, name.join(' '));
  }
  return keys;
}

function readWhole(option: string, path: string, { secret = false } = {}): string {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    // Of the file that is open, so that it cannot be another one by the time it is read.
    const { mode, size } = fstatSync(file);
    if (secret && !WINDOWS && (mode & 0o077) !== 0) {
      const octal = (mode & 0o777).toString(8).padStart(3, '0');
      throw problem(option, path, `is open to others (mode ${octal}): run chmod 600 on it, or make a new key`);
    }
    if (size > MOST_BYTES) throw problem(option, path, `has over ${MOST_BYTES} bytes: it cannot be a file of keys`);
    const bytes = Buffer.alloc(size);
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, size, 0));
  } catch (error) {
    if (error instanceof CurveError) throw error;
    throw problem(option, path, `cannot be read: ${explain(error as NodeJS.ErrnoException)}`, error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function explain(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'there is no such file; "hub keygen --out FILE" makes keys';
    case 'EACCES':
      return 'this user may not read it';
    case 'EISDIR':
      return 'it is a directory';
    default:
      return error.message;
  }
}

const problem = (option: string, path: string, what: string, cause?: unknown): CurveError =>
  new CurveError(`curve.${option}: ${resolve(path)} ${what}`, { cause });
