// Ed25519 keys for tests, and a check of compact JWS that owes nothing to the code that makes them: RFC 7515 and 8037,
// read as plainly as can be.
import { generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes a new private key where the signer looks for it; returns what checks its signatures. */
export function writeKey(directory: string, name: string): KeyObject {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${name}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return publicKey;
}

export interface Signed {
  readonly header: Readonly<Record<string, string>>;
  readonly payload: string;
  /** Whether the signature is the key's, over exactly these bytes. */
  holds(): boolean;
}

/** Takes a compact JWS apart. */
export function readJws(jws: string, key: KeyObject): Signed {
  const [header = '', payload = '', signature = ''] = jws.split('.');
  const bytes = (part: string): Buffer => Buffer.from(part, 'base64url');
  return {
    header: JSON.parse(bytes(header).toString()),
    payload: bytes(payload).toString(),
    holds: () => verify(null, Buffer.from(`${header}.${payload}`, 'ascii'), key, bytes(signature)),
  };
}
