// The private keys by name, each in a file of its own that is read when a message asks for it. A key that cannot be used
// drops that message: to read it once more would not make it a better one.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Drop } from '@penstock/hub';

/** A name becomes part of a path, and comes from whoever publishes. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** How long a key is used before its file is read again, in milliseconds, so that one that was replaced goes. */
const KEPT_MS = 60_000;

/** Keys kept in one thread; to read and parse one takes longer than to sign ten messages. */
const MOST_KEPT = 1_000;

interface KeptKey {
  readonly key: KeyObject;
  /** On the clock of `performance.now()`. */
  readonly untilMs: number;
}

export class Keys {
  readonly #directory: string;
  /** In the order in which they were read, so that the oldest can go. */
  readonly #kept = new Map<string, KeptKey>();

  /** @param directory Has `NAME.pem` for each key: PKCS #8, as `make-keys.mjs` and `openssl genpkey` write it. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * The key of this name.
   *
   * @throws Drop when there is no such key, or none that Ed25519 can sign with. Any other error, such as a disk that
   *   fails, is worth another attempt.
   */
  get(name: string): KeyObject {
    const kept = this.#kept.get(name);
    if (kept !== undefined && performance.now() < kept.untilMs) return kept.key;
    const key = this.#read(name);
    this.#kept.delete(name);
    this.#kept.set(name, { key, untilMs: performance.now() + KEPT_MS });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return key;
  }

  #read(name: string): KeyObject {
    if (!NAME.test(name)) throw new Drop(`${JSON.stringify(name.slice(0, 64))} is no name of a key`);
    const pem = readPem(join(this.#directory, `${name}.pem`), name);
    const key = parse(pem, name);
    if (key.asymmetricKeyType !== 'ed25519') {
      throw new Drop(`key "${name}" is of type ${key.asymmetricKeyType}, not ed25519`);
    }
    return key;
  }
}

function readPem(path: string, name: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new Drop(`there is no key "${name}"`);
    throw error;
  }
}

function parse(pem: Buffer, name: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new Drop(`the file of key "${name}" is no private key: ${(error as Error).message}`);
  }
}
