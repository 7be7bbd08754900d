// A consumer as nobody wants one beside his own: it sleeps, keeps a processor busy, or never comes back.
import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer } from '@penstock/hub';
import { TOPIC_PATTERN } from '../traffic/messages.mjs';

/** How long it takes over a message. */
const SLOW_MS = 5;

/** @typedef {'sleeps' | 'burns' | 'blocks'} Way */

/** @type {Record<Way, () => Promise<void> | void>} */
const ways = {
  sleeps: () => sleep(SLOW_MS),
  burns() {
    const end = performance.now() + SLOW_MS;
    while (performance.now() < end);
  },
  blocks() {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
};

/** @extends {Consumer<Way>} */
export default class Slow extends Consumer {
  static topics = [TOPIC_PATTERN];

  /**
   * @param {import('@penstock/hub').Message} _message
   * @param {import('@penstock/hub').DeliveryContext<Way>} context
   */
  consume(_message, { options }) {
    return ways[options]();
  }
}
