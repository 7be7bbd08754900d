// A ZeroMQ publisher in a process of its own: binds a PUSH socket and sends the ranges it is asked for. The same
// one feeds the hub and the bare receive loop. This file is both ends: the handle, and the process.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { monotonicMs } from '../traffic/clock.mjs';
import { framesAt } from '../traffic/messages.mjs';
import { atPace } from '../traffic/pace.mjs';

/** Messages sent between two turns of the event loop, in which the parent can be seen to be gone. */
const SENDS_A_TURN = 1024;

export class PushPublisher {
  #process;

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {string} endpoint what a PULL socket connects to
   */
  constructor(child, endpoint) {
    this.#process = child;
    this.endpoint = endpoint;
  }

  /** Starts the process; resolves when its socket is bound. */
  static async start() {
    const child = fork(fileURLToPath(import.meta.url), { execArgv: [] });
    const { endpoint } = await answerOf(child);
    return new PushPublisher(child, endpoint);
  }

  /**
   * Sends the messages `from` to `to` (exclusive); resolves when all are handed to the socket.
   *
   * @param {number} from
   * @param {number} to
   * @param {import('../traffic/pace.mjs').Pace} [pace] each is sent when it is due, with its time in it; as fast as
   *   the socket takes them by default
   * @returns {Promise<number>} when the first of them was sent, monotonic milliseconds
   */
  async send(from, to, pace) {
    const answer = answerOf(this.#process);
    this.#process.send({ from, to, pace });
    return (await answer).startedAt;
  }

  stop() {
    this.#process.kill('SIGKILL');
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<any>}
 */
async function answerOf(child) {
  const ended = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', { signal: ended.signal }).then(([message]) => message),
      once(child, 'exit', { signal: ended.signal }).then(([code, signal]) => {
        throw new Error(`the publisher process ended by itself (${signal ?? `exit code ${code}`})`);
      }),
    ]);
  } finally {
    ended.abort();
  }
}

async function publisherProcess() {
  const { Push } = await import('zeromq');
  const socket = new Push();
  await socket.bind('tcp://127.0.0.1:*');
  process.once('disconnect', () => process.exit());
  const sendAll = async (/** @type {number} */ from, /** @type {number} */ to) => {
    for (let sequence = from; sequence < to; sequence++) {
      await socket.send(framesAt(sequence));
      if (sequence % SENDS_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  process.on('message', async (/** @type {any} */ { from, to, pace }) => {
    const startedAt = monotonicMs();
    if (pace === undefined) await sendAll(from, to);
    else await atPace(from, to, pace, (sequence) => socket.send(framesAt(sequence, monotonicMs())));
    process.send?.({ startedAt });
  });
  process.send?.({ endpoint: socket.lastEndpoint });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await publisherProcess();
