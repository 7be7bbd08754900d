// What a user writes: a class with consume(), and what the hub hands to it.
import type { BatchContext, ConsumerContext, DeliveryContext } from './consumer-context.js';
import type { Message } from './message.js';

/**
 * Where a consumer's queue begins when the consumer is seen for the first time: `new`, with what comes from then on;
 * `earliest`, with all that the journal still holds; or with what it holds from a position, or from a time on.
 */
export type StartFrom =
  | 'new'
  | 'earliest'
  | {
      /** Of a message, as `message.position` and `hub tail --json` show it. */
      readonly position: number;
    }
  | {
      /** ISO 8601, such as `2026-05-01T00:00:00Z`. */
      readonly time: string;
    };

/**
 * - `none`: entries begin in order; one that failed or is slow does not hold up the rest
 * - `key`: those of one key are delivered in order and one at a time; different keys do not wait for each other
 * - `strict`: one after the other, and one that failed holds up its queue
 */
export type Order = 'none' | 'key' | 'strict';

/** What makes messages belong together under `order: 'key'`. A message without it has no order. */
export type OrderKey =
  | {
      /** Name of a header. */
      readonly header: string;
    }
  | {
      /** Which token of the topic, from 0; negative counts from the end. */
      readonly topicToken: number;
    };

/** How long to wait before a message that failed is delivered again. */
export interface Backoff {
  /** After the first failure, in milliseconds; 100 by default. */
  readonly initialMs: number;
  /** At most, in milliseconds; 30,000 by default. */
  readonly maxMs: number;
  /** How many times as long after each further failure; 2 by default. */
  readonly factor: number;
  /** Up to which part of the wait is left off at random, 0 to 1, so that what failed together comes apart; 0.2 by default. */
  readonly jitter: number;
}

/** What becomes of a message that failed. */
export interface RetryPolicy {
  /** Deliveries before it becomes a dead letter; 20 by default. */
  readonly maxAttempts: number;
  /** The waits between them. */
  readonly backoff: Backoff;
}

/** Most deliveries to begin in any period. */
export interface RateLimit {
  /** At most so many, by all threads of the consumer together, retries included … */
  readonly messages: number;
  /** … in any period of so many milliseconds. */
  readonly perMs: number;
}

/** A bound on a queue's backlog; at least one of the two. */
export interface MaxBacklog {
  /** Entries enqueued and not settled. */
  readonly messages?: number | undefined;
  /** Bytes of their records in the journal. */
  readonly bytes?: number | undefined;
}

/**
 * - `block`: the sources that feed this queue are held until there is room, which slows all other consumers of these
 *   sources too; what consumers publish passes, since a cycle would wait for itself
 * - `drop-oldest`: the oldest that wait are dropped, counted, and logged now and then
 * - `dead-letter`: the oldest that wait become dead letters
 */
export type WhenFull = 'block' | 'drop-oldest' | 'dead-letter';

/**
 * - `thread`: in worker threads of the hub's own process
 * - `process`: in threads of a child process of its own, which can be killed whatever it is doing: a native crash, a
 *   synchronous call that never returns, or memory without end takes nothing else with it
 */
export type Isolation = 'thread' | 'process';

/** Options of a consumer: statics of its class, overridden by its entry in the config. */
export interface ConsumerSettings {
  /** Patterns of the topics it gets. */
  readonly topics: readonly string[];
  /** Worker threads, 1 by default. With one thread and concurrency 1, order is strict. */
  readonly threads: number;
  /** Deliveries in flight in one thread, 1 by default; with `consumeBatch`, batches. */
  readonly concurrency: number;
  /** `new` by default. */
  readonly startFrom: StartFrom;
  /** `none` by default. */
  readonly order: Order;
  /** What makes messages belong together; for `order: 'key'`, and needed there. */
  readonly orderKey?: OrderKey | undefined;
  /** What becomes of a message that failed. */
  readonly retry: RetryPolicy;
  /** With so many waiting for a retry, or behind one, no new message is taken; 1,000 by default. */
  readonly maxRetrying: number;
  /** How long one delivery may take, in milliseconds, before its signal aborts and it counts as failed; none by default. */
  readonly timeoutMs?: number | undefined;
  /** Most deliveries in a period; none by default. */
  readonly rateLimit?: RateLimit | undefined;
  /** Most messages that `consumeBatch` gets at once; 100 by default. */
  readonly maxBatch: number;
  /** How long a batch that is not full waits for more, in milliseconds, from its first message on; 0 by default. */
  readonly maxWaitMs: number;
  /** A bound on the backlog; none by default. */
  readonly maxBacklog?: MaxBacklog | undefined;
  /** What happens at that bound; `block` by default. */
  readonly whenFull: WhenFull;
  /** Where it runs; `thread` by default. */
  readonly isolation: Isolation;
  /** Crashes of its thread during its deliveries after which a message becomes a dead letter; 3 by default. */
  readonly maxCrashes: number;
  /** A thread whose event loop has not turned for so long, in milliseconds, is reported; 5,000 by default. */
  readonly stallMs: number;
  /** One that has not for so long, in milliseconds, is ended, which counts as a crash; 60,000 by default, false for never. */
  readonly killAfterMs: number | false;
  /**
   * Heap limit of each of its threads, in MiB; the hub's `maxThreadMemoryMb` by default. With `isolation: 'process'`, the
   * process is killed when its resident memory is over 96 MiB, and for each thread this limit and 32 MiB more.
   */
  readonly maxMemoryMb?: number | undefined;
  /** Plain data handed to the consumer as `context.options`. */
  readonly options: unknown;
}

/** What classes with `consume` and with `consumeBatch` have in common: their settings, and the hooks around them. */
abstract class ConsumerBase<Options> {
  /** Patterns of the topics it gets; has to stand here or in the config. */
  static topics?: readonly string[];
  /** Worker threads, 1 by default. */
  static threads?: number;
  /** Deliveries in flight in one thread, 1 by default; with `consumeBatch`, batches. */
  static concurrency?: number;
  /** Where its queue begins when it is first seen, `new` by default. */
  static startFrom?: StartFrom;
  /** Which deliveries wait for each other, `none` by default. */
  static order?: Order;
  /** What makes messages belong together, for `order: 'key'`. */
  static orderKey?: OrderKey;
  /** What becomes of a message that failed: 20 attempts, waits from 100 ms to 30 s by default. */
  static retry?: {
    /** Deliveries before it becomes a dead letter; 20 by default. */
    readonly maxAttempts?: number;
    /** The waits between them. */
    readonly backoff?: Partial<Backoff>;
  };
  /** With so many waiting for a retry, no new message is taken; 1,000 by default. */
  static maxRetrying?: number;
  /** How long one delivery may take, in milliseconds; no limit by default. */
  static timeoutMs?: number;
  /** Most deliveries in a period; no limit by default. */
  static rateLimit?: RateLimit;
  /** Most messages that `consumeBatch` gets at once; 100 by default. */
  static maxBatch?: number;
  /** How long a batch that is not full waits for more, in milliseconds; 0 by default. */
  static maxWaitMs?: number;
  /** A bound on the backlog; none by default. */
  static maxBacklog?: MaxBacklog;
  /** What happens at that bound, `block` by default. */
  static whenFull?: WhenFull;
  /** Where it runs, `thread` by default. */
  static isolation?: Isolation;
  /** Crashes after which a message becomes a dead letter, 3 by default. */
  static maxCrashes?: number;
  /** How long its thread may block before it is reported, in milliseconds; 5,000 by default. */
  static stallMs?: number;
  /** How long it may block before it is ended, in milliseconds; 60,000 by default, false for ever. */
  static killAfterMs?: number | false;
  /** Heap limit of each of its threads, in MiB; the hub's `maxThreadMemoryMb` by default. */
  static maxMemoryMb?: number;
  /** Plain data handed over as `context.options`, unless the config has its own. */
  static options?: unknown;

  /** Called once in each thread before its first message. */
  open?(context: ConsumerContext<Options>): void | Promise<void>;

  /**
   * Called once in each thread when it is to stop while deliveries may be in flight: a consumer that holds deliveries
   * back, to send many at once or to await a confirmation, ends them now. What then rejects stays queued, and counts
   * as no failure. No further delivery begins.
   */
  drain?(context: ConsumerContext<Options>): void | Promise<void>;

  /** Called once in each thread after its last message. */
  close?(context: ConsumerContext<Options>): void | Promise<void>;
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
export abstract class Consumer<Options = unknown> extends ConsumerBase<Options> {
  /**
   * Called for each message. To return (or resolve) acknowledges. To throw has the message delivered again, and after
   * `retry.maxAttempts` kept as a dead letter; `Drop`, `DeadLetter`, `RetryAfter` and `Halt` say otherwise.
   */
  abstract consume(message: Message, context: DeliveryContext<Options>): unknown;
}

/**
 * The base of a consumer class that takes many messages at once.
 *
 * @example
 * export default class Archive extends BatchConsumer {
 *   static topics = ['org.example.>'];
 *   static maxBatch = 500;
 *   async consumeBatch(messages) {
 *     await insertRows(messages.map((message) => message.json()));
 *   }
 * }
 */
export abstract class BatchConsumer<Options = unknown> extends ConsumerBase<Options> {
  /**
   * Called with 1 to `maxBatch` messages. To return (or resolve) acknowledges those that `context` has not settled by
   * themselves; to throw has these delivered again, or as `Drop`, `DeadLetter`, `RetryAfter` and `Halt` say.
   */
  abstract consumeBatch(messages: readonly Message[], context: BatchContext<Options>): unknown;
}
