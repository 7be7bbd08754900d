// The first consumer that ships with a bus: it sends what its queue holds out over ZeroMQ.
// A module for a thread, so light to load; `@penstock/zeromq/publisher` names it.
import { Consumer, type ConsumerContext, type Message, PenstockError } from '@penstock/hub';
import { CurveError } from '../curve/curve-error.js';
import { exposure } from '../curve/exposure.js';
import { mechanismMaker } from '../curve/publisher-mechanism.js';
import { RateLimitedLog } from '../rate-limited-log.js';
import { Dialer } from './dialer.js';
import { Listener } from './listener.js';
import type { PublisherPlan } from './options.js';
import { framesOf, Sequence } from './outgoing-message.js';
import { PubSender } from './pub-sender.js';
import { PushSender } from './push-sender.js';
import type { Route, RouteParts } from './route.js';
import type { Sender } from './sender.js';

const LOG_INTERVAL_MS = 60_000;

/**
 * Publishes to ZeroMQ what its topics match: the class behind `zeromqPublisher()`. A JSON config names it as
 * `"module": "@penstock/zeromq/publisher"`, with `push` or `pub` in `options`.
 *
 * One thread, and messages go out in the queue's order. Over PUSH a delivery is settled when the receiver has it, over
 * PUB when it is sent.
 */
export default class ZeromqPublisher extends Consumer<unknown> {
  static override threads = 1;
  static override concurrency = 1_000;

  #sender: Sender | undefined;
  #sequence: Sequence | undefined;
  #routes: Route[] = [];
  #log: RateLimitedLog | undefined;

  override async open(context: ConsumerContext): Promise<void> {
    if (context.threadIndex > 0) {
      throw new PenstockError(
        'CONFIG_INVALID',
        `consumers.${context.consumer}.threads: must be 1: a publisher is serial`,
      );
    }
    const plan = await planOf(context);
    this.#log = new RateLimitedLog((text, { level }) => {
      context.log[level === 'info' ? 'info' : 'warn'](text);
    }, LOG_INTERVAL_MS);
    if (plan.type === 'PUB') this.#sequence = new Sequence(context.consumer);
    this.#sender = this.#makeSender(plan, this.#log);
    const parts = routeParts(plan, this.#sender, this.#log);
    this.#routes = plan.endpoints.map((endpoint) =>
      plan.how === 'bind' ? new Listener(endpoint, parts) : new Dialer(endpoint, parts),
    );
    try {
      for (const route of this.#routes) await route.open();
    } catch (error) {
      this.#destroy();
      throw error;
    }
    if (plan.how === 'bind') warnWhereExposed(plan, context);
    context.signal.addEventListener('abort', () => this.#destroy());
  }

  override consume(message: Message): Promise<void> {
    return (this.#sender as Sender).send(framesOf(message, this.#sequence?.next()));
  }

  override async drain(): Promise<void> {
    // What a receiver did not take within the time for it is sent again at the next start: no more time for it now.
    if ((await this.#sender?.drain()) === false) this.#destroy();
  }

  override async close(): Promise<void> {
    await Promise.all(this.#routes.map((route) => route.close()));
    this.#log?.flush();
  }

  #destroy(): void {
    this.#sender?.abort();
    for (const route of this.#routes) route.destroy();
  }

  #makeSender(plan: PublisherPlan, log: RateLimitedLog): Sender {
    if (plan.type === 'PUSH') {
      return new PushSender({
        inFlight: plan.inFlight,
        confirm: plan.confirm,
        alone: (waiting) => log.note('alone', `no receiver is connected; ${waiting} messages or more wait`),
        stalled: (unconfirmed) =>
          log.note(
            'stalled',
            `a receiver has not confirmed ${unconfirmed} messages for 10 s: it takes nothing more, or it does not know ` +
              'ZMTP PING (then set "confirm: false")',
          ),
      });
    }
    return new PubSender({
      noDrop: plan.noDrop,
      dropped: () => log.note('dropped', 'a subscriber is slow: messages beyond its buffer are dropped for it'),
      unwanted: () => log.note('unwanted', 'nobody has subscribed to what is published', { level: 'info' }),
    });
  }
}

/** A config file's zeromqPublisher() has checked its options; those of a JSON config come as they were written. */
async function planOf({ consumer, options }: ConsumerContext): Promise<PublisherPlan> {
  if (isPlan(options)) return options;
  const { planOptions } = await import('./options.js');
  return planOptions(options ?? {}, `consumers.${consumer}.options`);
}

function isPlan(options: unknown): options is PublisherPlan {
  return typeof options === 'object' && options !== null && 'type' in options && 'endpoints' in options;
}

function routeParts(plan: PublisherPlan, sender: Sender, log: RateLimitedLog): RouteParts {
  const { type, bufferBytes, reconnectIntervalMs, reconnectMaxIntervalMs } = plan;
  return {
    type,
    sender,
    bufferBytes,
    reconnectIntervalMs,
    reconnectMaxIntervalMs,
    mechanism: securedAs(plan),
    connected: (endpoint) => log.note(`connected ${endpoint}`, `${endpoint}: connected`, { level: 'info' }),
    trouble: (endpoint, problem) => log.note(`trouble ${endpoint}`, `${endpoint}: ${problem}`),
  };
}

function securedAs({ type, curve }: PublisherPlan): RouteParts['mechanism'] {
  try {
    return mechanismMaker(type, curve);
  } catch (cause) {
    if (cause instanceof CurveError) throw new PenstockError('CONSUMER_OPEN_FAILED', cause.message, { cause });
    throw cause;
  }
}

function warnWhereExposed({ endpoints, curve }: PublisherPlan, { log }: ConsumerContext): void {
  for (const endpoint of endpoints) {
    const warning = exposure(endpoint, curve, 'gets what is published');
    if (warning !== undefined) log.warn(warning);
  }
}
