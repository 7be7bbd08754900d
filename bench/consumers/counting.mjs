// The no-op consumer of the scenarios: it counts, and nothing else. The reference lanes run the same class.
import { Consumer } from '@penstock/hub';
import { TOPIC_PATTERN } from '../traffic/messages.mjs';
import { Tally } from '../traffic/tally.mjs';

/** @extends {Consumer<import('../traffic/tally.mjs').TallyPlan>} */
export default class Counting extends Consumer {
  static topics = [TOPIC_PATTERN];

  /** @type {Tally} */
  #tally;

  /** @param {import('@penstock/hub').ConsumerContext<import('../traffic/tally.mjs').TallyPlan>} context */
  open(context) {
    this.#tally = new Tally(context.options);
  }

  /** @param {Pick<import('@penstock/hub').Message, 'body'>} message */
  async consume(message) {
    this.#tally.see(message.body);
  }

  /** @param {Pick<import('@penstock/hub').ConsumerContext<import('../traffic/tally.mjs').TallyPlan>, 'options' | 'consumer' | 'threadIndex'>} context */
  close(context) {
    this.#tally.write(context.options.dir, context.consumer, context.threadIndex);
  }
}
