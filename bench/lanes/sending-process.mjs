// A process of its own that sends ranges of messages as it is told: the handle on it, and the loop within it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { monotonicMs } from '../traffic/clock.mjs';

export class SendingProcess {
  #process;

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {string} endpoint where its messages can be received, or are sent to
   */
  constructor(child, endpoint) {
    this.#process = child;
    this.endpoint = endpoint;
  }

  /**
   * Starts the process; resolves when it is ready to send.
   *
   * @param {string} file a module that calls {@link sendAsTold}
   * @param {string[]} [args]
   */
  static async start(file, args = []) {
    const child = fork(file, args, { execArgv: [] });
    const { endpoint } = await answerOf(child);
    return new SendingProcess(child, endpoint);
  }

  /**
   * Sends the messages `from` to `to` (exclusive); resolves when all are handed over.
   *
   * @param {number} from
   * @param {number} to
   * @param {import('../traffic/pace.mjs').Pace} [pace] each is sent when it is due, with its time in it; as fast as
   *   they are taken by default
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
        throw new Error(`the sending process ended by itself (${signal ?? `exit code ${code}`})`);
      }),
    ]);
  } finally {
    ended.abort();
  }
}

/**
 * What such a process does once it is ready, until its parent is gone.
 *
 * @param {string} endpoint
 * @param {(range: { from: number, to: number, pace?: import('../traffic/pace.mjs').Pace }) => Promise<void>} send
 */
export function sendAsTold(endpoint, send) {
  process.once('disconnect', () => process.exit());
  process.on('message', async (/** @type {any} */ range) => {
    const startedAt = monotonicMs();
    await send(range);
    process.send?.({ startedAt });
  });
  process.send?.({ endpoint });
}
