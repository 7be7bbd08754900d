// The floor under the zeromq scenario: a PULL socket, a loop around receive(), the tally, and nothing else.
import { Pull } from 'zeromq';
import { Tally } from '../traffic/tally.mjs';
import { startPushPublisher } from './push-publisher.mjs';

/**
 * Receives `warmup` messages from a publisher process of its own, then the rest.
 *
 * @param {import('../traffic/counted-run.mjs').CountedRun} run with one consumer
 * @returns {Promise<number>} when the publisher sent the first message after the warm-up, monotonic milliseconds
 */
export async function runBareReceiver({ warmup, size, consumers, tally: plan }) {
  const publisher = await startPushPublisher();
  const socket = new Pull();
  socket.connect(publisher.endpoint);
  const tally = new Tally(plan);
  let received = 0;
  const receiveUpTo = async (/** @type {number} */ count) => {
    while (received < count) {
      const [, , body] = await socket.receive();
      tally.see(/** @type {Buffer} */ (body));
      received++;
    }
  };
  try {
    await Promise.all([publisher.send(0, warmup), receiveUpTo(warmup)]);
    const [startedAt] = await Promise.all([publisher.send(warmup, size), receiveUpTo(size)]);
    return startedAt;
  } finally {
    tally.write(plan.dir, consumers[0], 0);
    socket.close();
    publisher.stop();
  }
}
