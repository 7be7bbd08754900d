// What a consumer is handed beside its messages: its options, its log, its signal, and ways to publish and to settle.
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
  /**
   * Aborts when the hub stops and its drain time is over; that of a delivery also when its `timeoutMs` is. Created on
   * first use.
   */
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

/** What `consumeBatch` is handed beside the messages. What is settled by none of these follows from how it ends. */
export interface BatchContext<Options = unknown> extends ConsumerContext<Options> {
  /** Acknowledges one message of the batch by itself, whatever becomes of the others. */
  ack(message: Message): void;
  /**
   * Has one message delivered again, after the consumer's backoff or so many milliseconds. Counts as a failed attempt.
   *
   * @param error Shown in the log; one that says an outcome, such as `Drop`, is taken as that, unless a delay is given.
   * @param delayMs From 0 to 4,294,967,295 (49 days).
   * @throws RangeError for another delay.
   */
  retry(message: Message, error?: unknown, delayMs?: number): void;
  /** Drops one message on purpose, as throwing `Drop` does. */
  drop(message: Message, reason: string): void;
  /** Keeps one message among the dead letters, as throwing `DeadLetter` does. */
  deadLetter(message: Message, reason: string, cause?: unknown): void;
  /**
   * Publishes onto this hub's own bus what follows from one message of the batch, which settles only after it is
   * committed. Else as {@link DeliveryContext.publish}.
   *
   * @throws as {@link DeliveryContext.publish}; DELIVERY_SETTLED also when that message is settled already.
   */
  publish(from: Message, topic: string, body: Body, headers?: Headers): Promise<void>;
}
