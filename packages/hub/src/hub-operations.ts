// What a program has done to the consumers and queues of its running hub, beside publishing: the methods of `Hub` that
// only pass on to whoever knows how.
import type { PausedConsumer, ResumedConsumer } from './admin/consumer-routes.js';
import type { RemovedQueue } from './admin/queues/standing.js';
import type { ReplayReport } from './admin/replay-routes.js';
import type { ConsumerControl } from './consumer-control.js';
import type { DeadLetterAdmin } from './dead-letter-admin.js';
import { PenstockError } from './errors.js';
import { Service } from './lifecycle.js';
import type { QueueAdmin } from './queue-admin.js';
import type { ReplayOptions, Replays } from './replay.js';

/** Who carries it out. */
export interface Operators {
  readonly queues: QueueAdmin;
  readonly consumers: ConsumerControl;
  readonly replays: Replays;
  readonly deadLetters: DeadLetterAdmin;
}

/** The part of a hub that acts on single consumers and queues. */
export abstract class HubOperations extends Service {
  /** There from the moment at which the queues are open. */
  protected operators: Operators | undefined;

  /**
   * Begins no further delivery to a consumer until {@link resume}, across restarts and kills; its queue fills. What is in
   * flight finishes. Of one that is paused already, only a new reason is noted. It is on disk when this resolves.
   *
   * @param consumer Its name.
   * @param options What to note with it.
   * @param options.reason Why, for people: shown in the log and by `hub status`; up to 1,000 characters are kept.
   * @throws (rejects) CONSUMER_NOT_FOUND, HUB_NOT_RUNNING, DATA_DIR_UNUSABLE
   */
  async pause(consumer: string, { reason }: { readonly reason?: string } = {}): Promise<PausedConsumer> {
    return this.#operators(`pause("${consumer}")`).consumers.pause([consumer], reason)[0] as PausedConsumer;
  }

  /**
   * Lets a consumer go on that was paused, or has halted itself.
   *
   * @param consumer Its name.
   * @returns What had held it back; `was` is undefined when nothing had.
   * @throws (rejects) CONSUMER_NOT_FOUND, HUB_NOT_RUNNING, DATA_DIR_UNUSABLE
   */
  async resume(consumer: string): Promise<ResumedConsumer> {
    return this.#operators(`resume("${consumer}")`).consumers.resume([consumer])[0] as ResumedConsumer;
  }

  /**
   * Puts messages that the journal still holds into one consumer's queue again, as new entries in the journal's order,
   * while the hub goes on: those of a range that match the consumer's topic patterns. The consumer gets them with the
   * `id`, `position` and `time` that they had. How long the journal holds what is settled is set by `retain`.
   *
   * @param consumer Its name.
   * @param options Which messages, and who is told.
   * @param options.from `earliest`, `{ position }` or `{ time }`.
   * @param options.to The same, not included; `now` by default.
   * @param options.topics Topic patterns that are to match as well; none by default.
   * @param options.signal Ends it in order: the promise then resolves with `isComplete: false`, and what was replayed by
   *   then stays. Stopping the hub does the same.
   * @param options.progress Called when it has begun, and as it goes on.
   * @throws (rejects) CONSUMER_NOT_FOUND, JOURNAL_RANGE_INVALID, TOPIC_PATTERN_INVALID; REPLAY_RUNNING while another one
   *   goes into the same queue; DISK_LIMIT, HUB_NOT_RUNNING, DATA_DAMAGED, JOURNAL_FAILED.
   */
  async replay(consumer: string, options: ReplayOptions): Promise<ReplayReport> {
    return this.#operators(`replay("${consumer}")`).replays.replay(consumer, options);
  }

  /**
   * Removes a queue whose consumer is no longer in the config, for good: what waits in it is never delivered, and what
   * it kept on disk becomes free. A queue of the same name, added later, begins anew.
   *
   * @param name The queue's name, which is that of the consumer it had.
   * @param options What may be lost.
   * @param options.discard Whether to remove it although messages wait in it; false by default.
   * @returns What was removed. A kill or a loss of power brings it back whole before this resolves, and not at all after.
   * @throws (rejects) QUEUE_NOT_FOUND; QUEUE_IN_USE when its consumer is in the config; QUEUE_NOT_EMPTY;
   *   HUB_NOT_RUNNING; JOURNAL_FAILED.
   */
  async removeQueue(name: string, { discard = false }: { readonly discard?: boolean } = {}): Promise<RemovedQueue> {
    return this.#operators(`removeQueue("${name}")`).queues.removeQueue(name, { discard });
  }

  /** @throws HUB_NOT_RUNNING naming the call that was made too early. */
  #operators(call: string): Operators {
    if (this.operators !== undefined) return this.operators;
    throw new PenstockError('HUB_NOT_RUNNING', `${call}: the hub is ${this.state}`);
  }
}
