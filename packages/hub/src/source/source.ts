// What a source is: the part of the hub that listens to one bus. A bus's package gives a SourceDefinition;
// the hub calls it with a SourceContext, through which messages, rejects and trouble come in.
import type { Logger } from '../consumer.js';
import type { Body, Headers } from '../message.js';

/** What the hub gives to a source. */
export interface SourceContext {
  /** The source's name in metrics and logs; unique in the hub. */
  readonly name: string;
  readonly log: Logger;
  /**
   * Puts one message into the current batch; counts it as received. The bytes are copied before it returns.
   *
   * @param topic Where to.
   * @param body Bytes, or text stored as UTF-8.
   * @param headers Names to values.
   * @returns The message's position. It is durable once {@link committed} has resolved.
   * @throws TOPIC_INVALID, HEADERS_INVALID, HEADERS_TOO_LARGE, MESSAGE_TOO_LARGE: the message was not taken, and
   *   the source is to call {@link reject}; JOURNAL_FAILED, HUB_NOT_RUNNING: the source is to stop listening.
   */
  accept(topic: string, body: Body, headers?: Headers): number;
  /** Resolves when all that was accepted so far is committed; an acknowledging source answers then, not before. */
  committed(): Promise<void>;
  /** Counts a message that arrived and could not be taken, by a reason of a small fixed set (`frames`, `topic`, …). */
  reject(reason: string): void;
  /** True while too much waits for its commit: a source then awaits {@link writable} before it takes more. */
  readonly saturated: boolean;
  /** Resolves at once, or when the hub takes messages again. */
  writable(): Promise<void>;
}

/** A running listener. `start` and `stop` are idempotent; `stop` ends without hanging and drops no accepted message. */
export interface Source {
  /** @throws SOURCE_START_FAILED naming the endpoint, why, and what to do. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What a bus's package exports a factory for, and what stands in `sources` of the config. */
export interface SourceDefinition {
  /** The kind of bus, such as `zeromq`; also the source's name unless {@link name} is given. */
  readonly type: string;
  /** Names the source in metrics and logs. */
  readonly name?: string | undefined;
  /** One line for people: what it listens to. */
  readonly description: string;
  create(context: SourceContext): Source;
}
