// The receiving end of a PUSH, with next to no work of its own: a ZMTP 3.1 socket of type PULL (ZeroMQ RFC 37) that takes
// connections without security, answers each PING, and hands over the last frame of each message. zeromq.js would take
// three times as much of a processor, from what is measured on the same machine.
import { createServer } from 'node:net';

const GREETING_BYTES = 64;
const MORE = 1;
const LONG = 2;
const COMMAND = 4;

/** @param {Buffer} body not longer than a short frame's */
const command = (body) => Buffer.concat([Buffer.from([COMMAND, body.length]), body]);

/** Version 3.1, mechanism NULL, and then READY: as a peer that wants nothing may, before it has seen the other's. */
const hello = Buffer.alloc(GREETING_BYTES);
hello.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 1]);
hello.write('NULL', 12, 'latin1');
const ready = command(Buffer.from('\x05READY\x0bSocket-Type\0\0\0\x04PULL', 'latin1'));

/**
 * Listens on a free port of this machine.
 *
 * @param {(frame: Buffer) => void} take called with the last frame of each message, which is valid until it returns
 * @returns {Promise<string>} what a PUSH socket connects to
 */
export function listenAsPull(take) {
  const server = createServer((socket) => {
    socket.write(Buffer.concat([hello, ready]));
    /** @type {Buffer} */
    let rest = Buffer.alloc(0);
    let at = GREETING_BYTES;
    socket.on('data', (/** @type {Buffer} */ bytes) => {
      const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      for (;;) {
        const flags = all[at];
        const bodyAt = at + ((flags & LONG) === 0 ? 2 : 9);
        if (bodyAt > all.length) break;
        // Lengths over 4 GiB do not come here.
        const end = bodyAt + ((flags & LONG) === 0 ? all[at + 1] : all.readUInt32BE(at + 5));
        if (end > all.length) break;
        if ((flags & COMMAND) !== 0) answer(socket, all.subarray(bodyAt, end));
        else if ((flags & MORE) === 0) take(all.subarray(bodyAt, end));
        at = end;
      }
      // What is cut off at its end is kept; before the greeting is whole, `at` lies behind all of it.
      const kept = Math.min(at, all.length);
      rest = all.subarray(kept);
      at -= kept;
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      resolve(`tcp://127.0.0.1:${port}`);
    });
  });
}

/**
 * @param {import('node:net').Socket} socket
 * @param {Buffer} body of a command
 */
function answer(socket, body) {
  // A PING has a time to live of two bytes; what comes after it is to be given back.
  if (body.toString('latin1', 0, 5) !== '\x04PING') return;
  socket.write(command(Buffer.concat([Buffer.from('\x04PONG', 'latin1'), body.subarray(7)])));
}
