// An even stream: every message is due at a moment of its own, and goes out at the first turn of the event loop after
// it, at most a millisecond late. A sender that was held up sends what is due by then and keeps to the plan, so that
// the rate that is offered does not give way to a hub that is slow.
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from './clock.mjs';
import { timedMessageAt } from './messages.mjs';

/**
 * @typedef {object} Pace
 * @property {number} perSecond
 * @property {number} [together] how many are due at the same moment; 1 by default
 */

/**
 * Calls `send` with the numbers `from` to `to` (exclusive), each when it is due.
 *
 * @param {number} from
 * @param {number} to
 * @param {Pace} pace
 * @param {(sequence: number) => Promise<void> | void} send
 */
export async function atPace(from, to, { perSecond, together = 1 }, send) {
  const startedAt = monotonicMs();
  const dueAt = (/** @type {number} */ sequence) =>
    startedAt + ((Math.floor((sequence - from) / together) * together) / perSecond) * 1000;
  for (let sequence = from; sequence < to; ) {
    await sleep(1);
    const now = monotonicMs();
    for (; sequence < to && dueAt(sequence) <= now; sequence++) await send(sequence);
  }
}

/**
 * Publishes the messages `from` to `to` (exclusive) evenly, each with the time at which it is published; resolves
 * when all are committed.
 *
 * @param {import('@penstock/hub').Hub} hub
 * @param {number} from
 * @param {number} to
 * @param {Pace} pace
 */
export async function publishPaced(hub, from, to, pace) {
  /** @type {Promise<void>[]} */
  const unawaited = [];
  await atPace(from, to, pace, (sequence) => {
    const { topic, body, headers } = timedMessageAt(sequence, monotonicMs());
    const committed = hub.publish(topic, body, headers);
    // Publishes of one batch share a promise. One that is rejected ends the measurement, by nobody's catching it.
    if (committed !== unawaited.at(-1)) unawaited.push(committed);
  });
  await Promise.all(unawaited);
}
