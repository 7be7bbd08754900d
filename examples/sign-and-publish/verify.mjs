// What a receiver has to do: check a compact JWS (RFC 7515, section 5.2) against the public keys that it trusts.
import { verify } from 'node:crypto';

const BASE64URL = /^[\w-]*$/;

/**
 * Checks a signature.
 *
 * @param {string} jws
 * @param {ReadonlyMap<string, import('node:crypto').KeyObject>} keys Ed25519 public keys by their names.
 * @returns {{ header: { kid: string, topic: string, id: string }, payload: Buffer }} What was signed.
 * @throws {Error} saying what is wrong with it.
 */
export function verifyCompact(jws, keys) {
  const parts = jws.split('.');
  if (parts.length !== 3 || !parts.every((part) => BASE64URL.test(part))) throw new Error('it is no compact JWS');
  const [header, payload, signature] = parts.map((part) => Buffer.from(part, 'base64url'));
  const said = parseHeader(header);
  // The one algorithm that is expected, whatever the header would like.
  if (said.alg !== 'EdDSA') throw new Error('it is not signed with EdDSA');
  const key = keys.get(said.kid);
  if (key === undefined) throw new Error(`nobody here knows the key ${JSON.stringify(said.kid)}`);
  if (!verify(null, Buffer.from(`${parts[0]}.${parts[1]}`), key, signature)) throw new Error('its signature is wrong');
  return { header: said, payload };
}

function parseHeader(bytes) {
  try {
    return Object(JSON.parse(bytes.toString()));
  } catch {
    throw new Error('its header is not JSON');
  }
}
