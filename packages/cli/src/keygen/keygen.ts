// `hub keygen`: makes a key pair for CURVE, and prints it or writes it into two files.
import { generateKeyPair } from '@penstock/zeromq/keys';
import { UsageError } from '../failure.js';
import { writeKeyFiles } from './key-files.js';
import { whatGoesWhere } from './what-goes-where.js';

export interface KeygenOptions {
  /** File for the secret key, relative to the working directory; undefined to print it. */
  readonly out?: string;
  /** Whether to write over files that are there. */
  readonly force?: boolean;
  readonly json?: boolean;
}

/** @throws KEYS_NOT_WRITTEN when a file is in the way, or cannot be written; UsageError. */
export function keygen({ out, force = false, json = false }: KeygenOptions): void {
  if (force && out === undefined) throw new UsageError('--force is for files: give --out with it');
  const pair = generateKeyPair();
  const files = out === undefined ? undefined : writeKeyFiles(out, pair, force);
  const made = files === undefined ? pair : { publicKey: pair.publicKey, ...files };
  process.stdout.write(`${json ? JSON.stringify(made) : whatGoesWhere(pair, files)}\n`);
}
