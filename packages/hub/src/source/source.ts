// What a source is: the part of the hub that listens to one bus. A bus's package gives a SourceDefinition;
// the hub calls it with a SourceContext, through which messages, rejects and trouble come in.
import type { Logger } from '../consumer-context.js';
import type { Body, Headers } from '../message.js';

/** Where a source's messages go. */
export interface SourceIntake {
  /**
   * Puts one message into the current batch; counts it as received. The bytes are copied before it returns.
   *
   * @param topic Where to.
   * @param body Bytes, or text stored as UTF-8.
   * @param headers Names to values.
   * @returns The message's position. It is durable once {@link SourceContext.committed} has resolved.
   * @throws TOPIC_INVALID, HEADERS_INVALID, HEADERS_TOO_LARGE, MESSAGE_TOO_LARGE: the message was not taken, and
   *   the source is to call {@link SourceContext.reject}; JOURNAL_FAILED, HUB_NOT_RUNNING: the source is to stop
   *   listening. Of {@link SourceContext.answering} also QUEUE_FULL, DISK_LIMIT: it may be sent again later, and the
   *   source is to call {@link SourceContext.reject} all the same.
   */
  accept(topic: string, body: Body, headers?: Headers): number;
  /** True while the hub takes nothing more: a source then awaits {@link writable} before it takes more from its bus. */
  readonly saturated: boolean;
  /** Resolves at once, or when the hub takes messages again. */
  writable(): Promise<void>;
}

/**
 * What the hub gives to a source. It is saturated while too much waits for its commit; while a queue is at its
 * `maxBacklog` with `whenFull: 'block'` that this source has fed before; and while the data directory is full.
 */
export interface SourceContext extends SourceIntake {
  /** The source's name in metrics and logs; unique in the hub. */
  readonly name: string;
  /** Log lines with the source's name in front. */
  readonly log: Logger;
  /**
   * The same for messages whose sender is told what became of each: full queues and a full data directory do not make
   * it saturated, but refuse each message that they cannot take.
   */
  readonly answering: SourceIntake;
  /**
   * Resolves when all that was accepted so far is committed; an acknowledging source answers then, not before. The
   * same promise for all that are committed together. Rejects with JOURNAL_FAILED when they cannot be.
   */
  committed(): Promise<void>;
  /** Counts a message that arrived and could not be taken, by a reason of a small fixed set (`frames`, `topic`, …). */
  reject(reason: string): void;
  /** Counts messages that the bus lost on their way, `count` of them, as the numbers of those around them tell. */
  missed(count: number): void;
  /** Counts a connection that was not let in, by a reason of a small fixed set; it is no message, and not received. */
  refused(reason: string): void;
}

/** A running listener. `start` and `stop` are idempotent; `stop` ends without hanging and drops no accepted message. */
export interface Source {
  /** @throws SOURCE_START_FAILED naming the endpoint, why, and what to do. */
  start(): Promise<void>;
  /** Resolves when nothing more will be accepted and all sockets are closed. */
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
  /** Makes the source; nothing is opened before its `start()`. */
  create(context: SourceContext): Source;
}
