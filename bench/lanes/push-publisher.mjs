// A ZeroMQ publisher in a process of its own: binds a PUSH socket and sends the ranges it is asked for. The same
// one feeds the hub and the bare receive loop. This file is both ends: what starts it, and the process.
import { fileURLToPath } from 'node:url';
import { monotonicMs } from '../traffic/clock.mjs';
import { framesAt } from '../traffic/messages.mjs';
import { atPace } from '../traffic/pace.mjs';
import { SendingProcess, sendAsTold } from './sending-process.mjs';

/** Messages sent between two turns of the event loop, in which the parent can be seen to be gone. */
const SENDS_A_TURN = 1024;

const FILE = fileURLToPath(import.meta.url);

/** Resolves when its socket is bound; `endpoint` is what a PULL socket connects to. */
export const startPushPublisher = () => SendingProcess.start(FILE);

async function publisherProcess() {
  const { Push } = await import('zeromq');
  const socket = new Push();
  await socket.bind('tcp://127.0.0.1:*');
  const sendAll = async (/** @type {number} */ from, /** @type {number} */ to) => {
    for (let sequence = from; sequence < to; sequence++) {
      await socket.send(framesAt(sequence));
      if (sequence % SENDS_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  sendAsTold(/** @type {string} */ (socket.lastEndpoint), async ({ from, to, pace }) => {
    if (pace === undefined) await sendAll(from, to);
    else await atPace(from, to, pace, (sequence) => socket.send(framesAt(sequence, monotonicMs())));
  });
}

if (process.argv[1] === FILE) await publisherProcess();
