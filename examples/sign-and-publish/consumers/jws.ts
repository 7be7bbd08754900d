// A JSON Web Signature in its compact form (RFC 7515, section 7.1) by Ed25519 (RFC 8037): header, payload and signature
// in base64url, with a dot between each two. Node's own crypto is all that it takes.
import { type KeyObject, sign } from 'node:crypto';

const base64url = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');

/**
 * Signs a payload.
 *
 * @param header What the signature covers beside the payload; `alg` is added in front.
 * @param key An Ed25519 private key.
 * @returns The compact serialization. The same for the same arguments: Ed25519 takes nothing at random.
 */
export function signCompact(payload: Uint8Array, header: Readonly<Record<string, string>>, key: KeyObject): string {
  const protectedHeader = Buffer.from(JSON.stringify({ alg: 'EdDSA', ...header })).toString('base64url');
  const input = `${protectedHeader}.${base64url(payload)}`;
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`;
}
