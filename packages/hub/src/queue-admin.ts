// What is done to the queues of a running hub on purpose, by its program or over the control socket: looking at them,
// and removing one whose consumer is gone.
import { countedLetters, countedMessages, queueNotEmpty, queueNotFound } from './admin/queues/queue-errors.js';
import type { QueuePlace, QueueStanding, RemovedQueue } from './admin/queues/standing.js';
import type { Logger } from './consumer-context.js';
import { PenstockError } from './errors.js';
import type { HubEmitter } from './hub-emitter.js';
import type { HubQueue } from './hub-queues.js';
import type { LifecycleState } from './lifecycle.js';
import type { Pipeline } from './pipeline.js';

export interface QueueAdminOptions {
  readonly pipeline: Pipeline;
  readonly events: HubEmitter;
  readonly log: Logger;
  readonly state: () => LifecycleState;
}

export class QueueAdmin {
  readonly #options: QueueAdminOptions;

  constructor(options: QueueAdminOptions) {
    this.#options = options;
  }

  /** Says which queues have no consumer any more: what waits in them keeps disk space until somebody decides. */
  warnOfLeftQueues(): void {
    const { pipeline, log } = this.#options;
    for (const { name, status, queue } of pipeline.queues) {
      if (status !== 'removed') continue;
      log.warn(
        `queue "${name}" has no consumer in the config any more: ${countedMessages(queue.backlog())} in it, and it fills no further; "hub queue rm ${name}" removes it`,
      );
    }
  }

  queues(): QueueStanding[] {
    const { pipeline, state } = this.#options;
    return pipeline.queues.map((queue) => queue.standing(state())).filter((standing) => standing !== undefined);
  }

  /** @throws QUEUE_NOT_FOUND */
  queue(name: string): QueuePlace {
    const queue = this.find(name);
    const standing = queue.standing(this.#options.state());
    if (standing === undefined) throw new PenstockError('HUB_NOT_RUNNING', 'the hub still opens its queues');
    return { ...standing, enqueued: queue.queue.enqueued.get(), unsettled: queue.unsettled() };
  }

  /** @throws (rejects) as {@link Hub.removeQueue} says. */
  async removeQueue(name: string, { discard }: { readonly discard: boolean }): Promise<RemovedQueue> {
    const { pipeline, events, log, state } = this.#options;
    if (state() !== 'running') {
      throw new PenstockError('HUB_NOT_RUNNING', `queue "${name}" is not removed: the hub is ${state()}`);
    }
    const queue = this.find(name);
    if (queue.spec !== undefined) {
      throw new PenstockError(
        'QUEUE_IN_USE',
        `queue "${name}" belongs to a consumer of this hub; take "${name}" out of the config's consumers, start the hub again, and then remove the queue`,
      );
    }
    const discarded = queue.queue.backlog();
    const deadLetters = queue.standing(state())?.deadLetters ?? 0;
    if (discarded + deadLetters > 0 && !discard) throw queueNotEmpty(name, discarded, deadLetters);
    const { number } = queue;
    await pipeline.removeQueue(queue);
    const letters = deadLetters === 0 ? '' : ` and ${countedLetters(deadLetters)}`;
    log.info(
      `queue "${name}" (number ${number}) was removed for good, with ${countedMessages(discarded)} that waited in it${letters}`,
    );
    events.emit('queue:removed', { queue: name, number, discarded, deadLetters });
    return { number, name, discarded, deadLetters };
  }

  /** @throws QUEUE_NOT_FOUND */
  find(name: string): HubQueue {
    const { queues, directory } = this.#options.pipeline;
    const queue = queues.find((each) => each.name === name);
    if (queue !== undefined) return queue;
    throw queueNotFound(
      name,
      queues.map((each) => each.name),
      directory.path,
    );
  }
}
