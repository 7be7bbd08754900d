// What a user writes: a class with consume(), and what the hub hands to it.
import type { Body, Headers, Message } from './message.js';

/** Writes lines to standard error from the thread it is used in, rate-limited, with the consumer's name. */
export interface Logger {
  /** Writes a line of level `debug`. @param fields Shown behind the message, or as keys of a JSON line. */
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** The same, of level `info`. */
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** The same, of level `warn`. */
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** The same, of level `error`. */
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What a consumer knows about itself: handed to `open`, `close` and, with more, to `consume`. */
export interface ConsumerContext<Options = unknown> {
  /** The consumer's name: its key in the config, and its queue's name. */
  readonly consumer: string;
  /** Which of the consumer's threads this is, from 0. */
  readonly threadIndex: number;
  /** The consumer's `options` from the config (else from its static), copied into this thread. */
  readonly options: Options;
  /** Log lines of this consumer, at most `log.linesPerSecond` from each thread. */
  readonly log: Logger;
  /** Aborts when the hub stops and its drain time is over. Created on first use. */
  readonly signal: AbortSignal;
}

/** What `consume` is handed beside the message. */
export interface DeliveryContext<Options = unknown> extends ConsumerContext<Options> {
  /**
   * Publishes onto this hub's own bus. The delivery settles only after what it published is committed,
   * whether or not the promise is awaited.
   *
   * @param topic Where to.
   * @param body Bytes, or text stored as UTF-8.
   * @param headers Names to values; a header `id` overrides the message's id.
   * @throws TOPIC_INVALID, BODY_INVALID, HEADERS_INVALID, HEADERS_TOO_LARGE, MESSAGE_TOO_LARGE at once;
   *   DELIVERY_SETTLED when the delivery has ended.
   */
  publish(topic: string, body: Body, headers?: Headers): Promise<void>;
}

/** Where a consumer's queue begins when the consumer is seen for the first time. */
export type StartFrom = 'new' | 'earliest';

/** Options of a consumer: statics of its class, overridden by its entry in the config. */
export interface ConsumerSettings {
  /** Patterns of the topics it gets. */
  readonly topics: readonly string[];
  /** Worker threads, 1 by default. With one thread and concurrency 1, order is strict. */
  readonly threads: number;
  /** Deliveries in flight in one thread, 1 by default. */
  readonly concurrency: number;
  /** `new` by default: what comes from now on; `earliest`: all that the journal still holds. */
  readonly startFrom: StartFrom;
  /** Plain data handed to the consumer as `context.options`. */
  readonly options: unknown;
}

/**
 * The base of every consumer class. One instance lives in each of the consumer's threads.
 *
 * @example
 * export default class Badges extends Consumer {
 *   static topics = ['org.example.badges.>'];
 *   async consume(message, context) {
 *     context.log.info(message.topic, message.json());
 *   }
 * }
 */
export abstract class Consumer<Options = unknown> {
  /** Patterns of the topics it gets; has to stand here or in the config. */
  static topics?: readonly string[];
  /** Worker threads, 1 by default. */
  static threads?: number;
  /** Deliveries in flight in one thread, 1 by default. */
  static concurrency?: number;
  /** Where its queue begins when it is first seen, `new` by default. */
  static startFrom?: StartFrom;
  /** Plain data handed over as `context.options`, unless the config has its own. */
  static options?: unknown;

  /** Called once in each thread before its first message. */
  open?(context: ConsumerContext<Options>): void | Promise<void>;

  /** Called for each message. To return (or resolve) acknowledges; to throw has the message delivered again. */
  abstract consume(message: Message, context: DeliveryContext<Options>): unknown;

  /**
   * Called once in each thread when it is to stop while deliveries may be in flight: a consumer that holds deliveries
   * back, to send many at once or to await a confirmation, ends them now. What then rejects stays queued, and counts
   * as no failure. No further delivery begins.
   */
  drain?(context: ConsumerContext<Options>): void | Promise<void>;

  /** Called once in each thread after its last message. */
  close?(context: ConsumerContext<Options>): void | Promise<void>;
}
