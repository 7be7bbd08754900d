// What a user writes: a class with consume(), and what the hub hands to it.
import type { Body, Headers, Message } from './message.js';

/** Writes lines to standard error from the thread it is used in, rate-limited, with the consumer's name. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
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
  static topics?: readonly string[];
  static threads?: number;
  static concurrency?: number;
  static startFrom?: StartFrom;
  static options?: unknown;

  /** Called once in each thread before its first message. */
  open?(context: ConsumerContext<Options>): void | Promise<void>;

  /** Called for each message. To return (or resolve) acknowledges; to throw has the message delivered again. */
  abstract consume(message: Message, context: DeliveryContext<Options>): unknown;

  /** Called once in each thread after its last message. */
  close?(context: ConsumerContext<Options>): void | Promise<void>;
}
