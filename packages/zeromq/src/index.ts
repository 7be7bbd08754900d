/**
 * The public face of @penstock/zeromq.
 *
 * @module @penstock/zeromq
 */
import { parseOptions, type SourceDefinition } from '@penstock/hub/source';
import { optionsSchema, planSockets, type ZeromqOptions } from './options.js';
import { ZeromqSource } from './source.js';

export type { CurveOptions } from './curve/options.js';
export type { PullOptions, RouterOptions, SubscribeOptions, ZeromqOptions } from './options.js';
export type { ZeromqPublisherOptions } from './publisher/options.js';
export { type ConsumerEntry, zeromqPublisher } from './publisher/zeromq-publisher.js';

/**
 * A source that receives from ZeroMQ over SUB, PULL and ROUTER sockets, each of which connects or binds.
 *
 * A message is `[topic, body]` or `[topic, headers as JSON, body]`. Anything else is counted by reason (`frames`,
 * `topic`, `headers`, `size`) and left out, and the source goes on. To a ROUTER it comes as a request,
 * `[id, topic, headers as JSON or '', body]`, and is answered with `[id, 'ok', position]` after its commit or with
 * `[id, 'error', code]`: whoever sends again what got no reply loses nothing.
 *
 * SUB and PULL are best effort, since they have no acknowledgement: a PUB drops for a subscriber that
 * is slow (its high-water mark) or not connected yet (the slow joiner); of what was pushed, the part that lies in
 * the buffers of ZeroMQ and of the system is lost when the hub or its machine fails. Where messages bear the headers
 * `publisher` and `sequence`, what is missing is counted. See docs/zeromq.md.
 *
 * @param options The sockets, under `subscribe`, `pull` and `router`; at least one.
 * @returns What stands in `sources` of the config.
 * @throws CONFIG_INVALID with one line for each problem. Starting the source throws SOURCE_START_FAILED, naming
 *   the endpoint, why it cannot be used, and what to do.
 *
 * @example
 * zeromq({
 *   subscribe: [{ connect: 'tcp://127.0.0.1:9940', topics: ['org.example.'] }],
 *   pull: [{ bind: 'tcp://127.0.0.1:9941' }],
 * })
 */
export function zeromq(options: ZeromqOptions): SourceDefinition {
  const parsed = parseOptions(optionsSchema, options, 'zeromq()');
  const plans = planSockets(parsed);
  return {
    type: 'zeromq',
    name: parsed.name,
    description: plans.map(({ kind, how, endpoint }) => `${kind} ${how} ${endpoint}`).join(', '),
    create: (context) => new ZeromqSource(plans, context),
  };
}

/** The same function: a JSON config names the module and gives its options beside it. */
export default zeromq;
