// CURVE keys as text: Z85 (ZeroMQ RFC 32), the public key that belongs to a secret one, and new pairs. Node's own
// X25519 is the same curve as ZeroMQ's, so nothing here loads the native library: `hub keygen` imports this file alone.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** Length of a key as Z85 text, in characters. */
const KEY_CHARACTERS = 40;

const KEY_BYTES = 32;
const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';
const VALUES = new Map([...ALPHABET].map((character, value) => [character, value]));
/** What stands before the 32 bytes in the DER form of an X25519 secret key (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');
/** A random key that begins alike is as good as impossible (2^64), and a list of keys can be searched for it. */
const FINGERPRINT_CHARACTERS = 10;

/** Two keys that belong together, each 40 characters of Z85. */
export interface KeyPair {
  /** May be known to anybody; names its owner. */
  readonly publicKey: string;
  /** Never leaves the machine of its owner. */
  readonly secretKey: string;
}

/** Makes a key pair for CURVE out of the system's randomness. */
export function generateKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  const secret = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-KEY_BYTES);
  return { publicKey: toZ85(rawPublicKey(publicKey)), secretKey: toZ85(secret) };
}

/**
 * The public key that belongs to a secret key.
 *
 * @param secretKey One in which {@link keyProblem} finds nothing.
 */
export function publicKeyOf(secretKey: string): string {
  const key = Buffer.concat([PKCS8_HEAD, fromZ85(secretKey)]);
  return toZ85(rawPublicKey(createPublicKey(createPrivateKey({ key, format: 'der', type: 'pkcs8' }))));
}

/** Says what is wrong with the text of a key without repeating it, or undefined when it is one. */
export function keyProblem(text: string): string | undefined {
  const characters = [...text];
  if (characters.length !== KEY_CHARACTERS) {
    return `must be a key of ${KEY_CHARACTERS} characters in Z85, and has ${characters.length}`;
  }
  const at = characters.findIndex((character) => !VALUES.has(character));
  if (at !== -1) return `must be a key in Z85, whose alphabet does not have its character ${at + 1}`;
  for (let group = 0; group < KEY_CHARACTERS; group += 5) {
    if (groupValue(text, group) > 0xffff_ffff) return 'must be a key in Z85, and stands for a number too large';
  }
  return undefined;
}

/** Says why two keys are no pair, or undefined when they are, or when one is not there. */
export function pairProblem(secretKey: string | undefined, publicKey: string | undefined): string | undefined {
  if (secretKey === undefined || publicKey === undefined) return undefined;
  // What is no key at all has been said already.
  if ((keyProblem(secretKey) ?? keyProblem(publicKey)) !== undefined) return undefined;
  if (publicKeyOf(secretKey) === publicKey) return undefined;
  if (publicKeyOf(publicKey) === secretKey) return 'is a public key, and publicKey the secret one: exchange them';
  return 'does not belong to publicKey; give the two that were made together, or leave publicKey out';
}

/** The beginning of a public key, by which people tell it from others in logs and lists. */
export function fingerprint(publicKey: string): string {
  return `${publicKey.slice(0, FINGERPRINT_CHARACTERS)}…`;
}

/** The Z85 text of bytes, whose number is a multiple of 4. */
export function toZ85(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    const value = view.getUint32(at);
    for (let unit = 85 ** 4; unit >= 1; unit /= 85) text += ALPHABET.charAt(Math.floor(value / unit) % 85);
  }
  return text;
}

/** The bytes of a key in which {@link keyProblem} finds nothing. */
export function fromZ85(text: string): Buffer {
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let at = 0; at < text.length; at += 5) bytes.writeUInt32BE(groupValue(text, at), (at / 5) * 4);
  return bytes;
}

/** The number that five characters of Z85 stand for; two in a hundred are over 32 bits. */
function groupValue(text: string, at: number): number {
  let value = 0;
  for (const character of text.slice(at, at + 5)) value = value * 85 + (VALUES.get(character) ?? 0);
  return value;
}

/** An X25519 public key in DER is a fixed head and its 32 bytes. */
const rawPublicKey = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES);
