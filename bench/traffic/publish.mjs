// Publishes as a careful program does: never more than 512 publishes unawaited, and never a pause between them
// that the hub did not ask for.
import { messageAt } from './messages.mjs';

/** The window is awaited in parts, oldest first, so that it stays nearly full. */
const PARTS = 8;
const PART = 512 / PARTS;

/**
 * Publishes the messages `from` to `to` (exclusive); resolves when all are committed.
 *
 * @param {import('@penstock/hub').Hub} hub
 * @param {number} from
 * @param {number} to
 * @param {typeof messageAt} [at] what makes them
 */
export async function publishRange(hub, from, to, at = messageAt) {
  /** @type {Promise<void>[][]} */
  const unawaited = [];
  for (let sequence = from; sequence < to; ) {
    /** @type {Promise<void>[]} */
    const part = [];
    for (const end = Math.min(sequence + PART, to); sequence < end; sequence++) {
      const { topic, body, headers } = at(sequence);
      const committed = hub.publish(topic, body, headers);
      // Publishes of one batch share a promise; to await it once is to await them all.
      if (committed !== part.at(-1)) part.push(committed);
    }
    unawaited.push(part);
    if (unawaited.length === PARTS) await Promise.all(unawaited.shift() ?? []);
  }
  await Promise.all(unawaited.flat());
}
