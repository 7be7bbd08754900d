// zeromqPublisher(): what a config file writes for a consumer that publishes to ZeroMQ.
import type { HubConfig } from '@penstock/hub';
import { parseOptions } from '@penstock/hub/source';
import { planPublisher, publisherSchema, type ZeromqPublisherOptions } from './options.js';

/** A consumer's entry in the config. */
export type ConsumerEntry = NonNullable<HubConfig['consumers']>[string];

/**
 * A consumer that publishes to ZeroMQ: one thread, its own queue and backlog gauge, messages in the queue's order.
 * Each goes out as `[topic, headers as JSON, body]`, with the message's id in the header `id`.
 *
 * Over PUSH none is lost when either end is stopped, or this hub is killed: a delivery is settled when the receiver has
 * the message in its memory, and what was not settled is sent again, with the same id. Over PUB, which drops for
 * subscribers that are slow or not there, headers `publisher` and `sequence` let a subscriber count what it missed.
 * See docs/zeromq.md.
 *
 * @param options `push` or `pub` with `connect` or `bind`, and the `topics` to publish.
 * @returns What stands under a name in `consumers` of the config.
 * @throws CONFIG_INVALID with one line for each problem. An endpoint that cannot be bound is CONSUMER_OPEN_FAILED in
 *   the running hub, which tries again.
 *
 * @example
 * consumers: {
 *   out: zeromqPublisher({ push: { connect: 'tcp://127.0.0.1:9940' }, topics: ['org.example.>'] }),
 * }
 */
export function zeromqPublisher(options: ZeromqPublisherOptions): ConsumerEntry {
  const { push, pub, topics, startFrom } = parseOptions(publisherSchema, options, 'zeromqPublisher()');
  const plan = planPublisher({ push, pub });
  return {
    module: new URL('./publisher.js', import.meta.url).href,
    topics,
    ...(startFrom === undefined ? {} : { startFrom }),
    threads: 1,
    concurrency: plan.inFlight,
    options: plan,
  };
}
