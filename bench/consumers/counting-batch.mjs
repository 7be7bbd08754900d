// The no-op consumer once more, for messages that come many at a time.
import { BatchConsumer } from '@penstock/hub';
import { TOPIC_PATTERN } from '../traffic/messages.mjs';
import { Tally } from '../traffic/tally.mjs';

/** @extends {BatchConsumer<import('../traffic/tally.mjs').TallyPlan>} */
export default class CountingBatch extends BatchConsumer {
  static topics = [TOPIC_PATTERN];

  /** @type {Tally} */
  #tally;

  /** @param {import('@penstock/hub').ConsumerContext<import('../traffic/tally.mjs').TallyPlan>} context */
  open(context) {
    this.#tally = new Tally(context.options);
  }

  /** @param {readonly import('@penstock/hub').Message[]} messages */
  async consumeBatch(messages) {
    for (const { body } of messages) this.#tally.see(body);
  }

  /** @param {import('@penstock/hub').ConsumerContext<import('../traffic/tally.mjs').TallyPlan>} context */
  close(context) {
    this.#tally.write(context.options.dir, context.consumer, context.threadIndex);
  }
}
