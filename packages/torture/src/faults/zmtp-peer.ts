// A ZeroMQ peer made by hand, so that it can say what none made by libzmq would: the bytes of ZMTP 3.0 with the mechanism
// NULL (rfc.zeromq.org/spec/23), whole or spoilt.

const GREETING_BYTES = 64;

/** Flags of a frame. */
const MORE = 1;
const LONG = 2;
const COMMAND = 4;

/** What a peer says first: signature, version 3.0, mechanism NULL. */
export function greeting(): Buffer {
  const bytes = Buffer.alloc(GREETING_BYTES);
  bytes[0] = 0xff;
  bytes[9] = 0x7f;
  bytes[10] = 3;
  bytes.write('NULL', 12, 'latin1');
  return bytes;
}

/** What it says next: which kind of socket it is, such as `DEALER`. */
export function readyCommand(socketType: string): Buffer {
  const name = 'Socket-Type';
  const length = Buffer.alloc(4);
  length.writeUInt32BE(socketType.length);
  const body = Buffer.concat([
    Buffer.from('\x05READY', 'latin1'),
    Buffer.from([name.length]),
    Buffer.from(name, 'latin1'),
    length,
    Buffer.from(socketType, 'latin1'),
  ]);
  return Buffer.concat([Buffer.from([COMMAND, body.length]), body]);
}

/**
 * One frame of a message.
 *
 * @param more Whether another one follows.
 * @param saidBytes The length that it says it has; by default the one that it has.
 */
export function frame(body: Uint8Array, more: boolean, saidBytes = BigInt(body.length)): Buffer {
  const head = Buffer.alloc(9);
  head[0] = LONG | (more ? MORE : 0);
  head.writeBigUInt64BE(saidBytes, 1);
  return Buffer.concat([head, body]);
}

/** A message of whole frames. */
export const message = (frames: readonly Uint8Array[]): Buffer =>
  Buffer.concat(frames.map((body, at) => frame(body, at < frames.length - 1)));
