// The boxes of CurveZMQ (ZeroMQ RFC 26) for a publisher's own connections: NaCl's authenticated encryption, each box
// with a nonce that begins with a text for its purpose. And the frames that go through them after the handshake.
import nacl from 'tweetnacl';
import type { FrameBox, OpenedFrame } from '../publisher/mechanism.js';
import { Flag, headBytes, writeHead, ZmtpError } from '../publisher/zmtp-wire.js';

export const KEY_BYTES = 32;
/** What a box is longer than its content. */
export const BOX_BYTES = nacl.box.overheadLength;
/** A short nonce is a number that grows with each box. */
export const SHORT_NONCE_BYTES = 8;

const MESSAGE = Buffer.from('\x07MESSAGE', 'latin1');
const BOX_AT = MESSAGE.length + SHORT_NONCE_BYTES;
/** Inside of a box a command is marked by another bit than outside. */
const INNER_COMMAND = 2;

/** A nonce of 24 bytes: the text for its purpose, then what makes it unlike all others. */
export function nonceOf(purpose: string, rest: Uint8Array): Buffer {
  const nonce = Buffer.alloc(nacl.box.nonceLength);
  nonce.write(purpose, 'latin1');
  nonce.set(rest, purpose.length);
  return nonce;
}

/** The bytes of the next short nonce. */
export class ShortNonces {
  #last = 0n;

  next(): Buffer {
    const bytes = Buffer.alloc(SHORT_NONCE_BYTES);
    bytes.writeBigUInt64BE(++this.#last);
    return bytes;
  }
}

/**
 * Opens a box.
 *
 * @param shared What {@link nacl.box.before} makes of the other end's public key and an own secret key.
 * @throws ZmtpError when it was not made with these keys and this nonce: then `otherwise` is said.
 */
export function openBox(box: Uint8Array, nonce: Uint8Array, shared: Uint8Array, otherwise: string): Buffer {
  const content = nacl.box.open.after(box, nonce, shared);
  if (content === null) throw new ZmtpError(otherwise);
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
}

/** Messages and commands on one connection, in boxes. */
export class CurveFrameBox implements FrameBox {
  readonly #shared: Uint8Array;
  readonly #nonces: ShortNonces;
  readonly #ours: Buffer;
  readonly #theirs: Buffer;
  #lastOfTheirs: bigint;

  /**
   * @param shared The key of this connection alone, made from both ends' short-term keys.
   * @param ends Which end this is: each has nonces of its own.
   * @param nonces Those of the handshake, gone on with.
   * @param lastOfTheirs The other end's short nonce in the handshake, which its next one is above.
   */
  constructor(shared: Uint8Array, ends: 'client' | 'server', nonces: ShortNonces, lastOfTheirs: bigint) {
    const none = new Uint8Array(SHORT_NONCE_BYTES);
    this.#shared = shared;
    this.#nonces = nonces;
    this.#ours = nonceOf(`CurveZMQMESSAGE${ends === 'client' ? 'C' : 'S'}`, none);
    this.#theirs = nonceOf(`CurveZMQMESSAGE${ends === 'client' ? 'S' : 'C'}`, none);
    this.#lastOfTheirs = lastOfTheirs;
  }

  seal(flags: number, body: Uint8Array): Buffer {
    const content = new Uint8Array(1 + body.length);
    content[0] = (flags & Flag.MORE) | ((flags & Flag.COMMAND) === 0 ? 0 : INNER_COMMAND);
    content.set(body, 1);
    const shortNonce = this.#nonces.next();
    this.#ours.set(shortNonce, this.#ours.length - SHORT_NONCE_BYTES);
    const box = nacl.box.after(content, this.#ours, this.#shared);
    const bytes = BOX_AT + box.length;
    const frame = Buffer.allocUnsafe(headBytes(bytes) + bytes);
    const at = writeHead(frame, 0, 0, bytes);
    frame.set(MESSAGE, at);
    frame.set(shortNonce, at + MESSAGE.length);
    frame.set(box, at + BOX_AT);
    return frame;
  }

  open(body: Buffer): OpenedFrame {
    if (body.length <= BOX_AT + BOX_BYTES || !body.subarray(0, MESSAGE.length).equals(MESSAGE)) {
      throw new ZmtpError('it sent a frame that is not encrypted');
    }
    const nonce = body.readBigUInt64BE(MESSAGE.length);
    // What was said once cannot be said again by somebody who has recorded it.
    if (nonce <= this.#lastOfTheirs) throw new ZmtpError('it sent a frame again, or out of order');
    this.#lastOfTheirs = nonce;
    this.#theirs.writeBigUInt64BE(nonce, this.#theirs.length - SHORT_NONCE_BYTES);
    const content = openBox(body.subarray(BOX_AT), this.#theirs, this.#shared, 'it sent a frame under another key');
    const flags = content[0] as number;
    return {
      flags: (flags & Flag.MORE) | ((flags & INNER_COMMAND) === 0 ? 0 : Flag.COMMAND),
      body: content.subarray(1),
    };
  }
}
