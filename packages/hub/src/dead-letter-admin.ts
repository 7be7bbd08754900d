// What is done to the dead letters of a running hub: put into their consumer's queue again, or removed. One thing after
// the other for each queue, and each on stable storage before it is answered.
import type { DeadLetterAdmin as DeadLetterRouteAdmin, LettersDone } from './admin/dead-letter-routes.js';
import { countedLetters } from './admin/queues/queue-errors.js';
import type { Logger } from './consumer-context.js';
import type { DeadLetterStore } from './dead-letters/dead-letter-store.js';
import { fieldsAgain } from './dead-letters/fields-again.js';
import type { ListedLetter } from './dead-letters/letter-search.js';
import { type ErrorData, PenstockError, toErrorData } from './errors.js';
import type { HubQueue } from './hub-queues.js';
import type { LifecycleState } from './lifecycle.js';
import type { Pipeline } from './pipeline.js';
import { IntervalSet } from './queue/interval-set.js';

/** So many letters are named in a line of the log. */
const MOST_NAMED = 10;

export interface DeadLetterAdminOptions {
  readonly pipeline: Pipeline;
  readonly log: Logger;
  readonly state: () => LifecycleState;
  /** The queue of a name. @throws QUEUE_NOT_FOUND */
  readonly find: (name: string) => HubQueue;
}

export class DeadLetterAdmin implements DeadLetterRouteAdmin {
  readonly #options: DeadLetterAdminOptions;
  /** What is under way for each queue. */
  readonly #last = new WeakMap<HubQueue, Promise<unknown>>();

  constructor(options: DeadLetterAdminOptions) {
    this.#options = options;
  }

  /** Says which letters could not be read when the hub started: they are not counted. */
  tellOfProblems(): void {
    const { pipeline, log } = this.#options;
    for (const { name, deadLetters } of pipeline.queues) {
      for (const problem of deadLetters?.problems ?? []) {
        log.error(`dead letters of consumer "${name}" cannot be read: ${problem}`, { code: 'DATA_DAMAGED' });
      }
    }
  }

  /**
   * Puts letters into their consumer's queue again, as new messages with the same ids, headers and bodies, and removes
   * them once these are committed. A kill in between leaves both, so that they can come twice.
   *
   * @throws as {@link DeadLetterRouteAdmin.requeue}
   */
  requeue(consumer: string, letters: readonly ListedLetter[]): Promise<LettersDone> {
    return this.#inTurn(consumer, 'requeued', async (queue, store) => {
      const { enqueuer, directory, diskRefusal } = this.#options.pipeline;
      if (queue.spec === undefined) throw withoutConsumer(consumer);
      if (diskRefusal !== undefined) throw diskRefusal;
      const taken: ListedLetter[] = [];
      const problems: ErrorData[] = [];
      for (const letter of settledOnly(queue, letters)) {
        try {
          const read = store.read(letter);
          if (read === undefined) continue;
          enqueuer.appendTo(queue.number, fieldsAgain(read.record, directory.hubId));
          taken.push(letter);
        } catch (error) {
          if (!(error instanceof PenstockError) || error.code !== 'DATA_DAMAGED') throw error;
          problems.push(toErrorData(error));
        }
        await enqueuer.writable();
      }
      await enqueuer.committed();
      return { taken, problems };
    });
  }

  /** @throws as {@link DeadLetterRouteAdmin.purge} */
  purge(consumer: string, letters: readonly ListedLetter[]): Promise<LettersDone> {
    return this.#inTurn(consumer, 'purged', async (queue) => ({ taken: settledOnly(queue, letters), problems: [] }));
  }

  /** Does it when all before it is done for this queue, and then removes what it has taken. */
  async #inTurn(
    consumer: string,
    what: string,
    take: (
      queue: HubQueue,
      store: DeadLetterStore,
    ) => Promise<{ readonly taken: readonly ListedLetter[]; readonly problems: readonly ErrorData[] }>,
  ): Promise<LettersDone> {
    const { pipeline, log, state, find } = this.#options;
    const queue = find(consumer);
    const before = this.#last.get(queue);
    const work = (async () => {
      await before?.catch(() => {});
      const store = queue.deadLetters;
      if (state() !== 'running' || store === undefined) {
        throw new PenstockError('HUB_NOT_RUNNING', `nothing is ${what}: the hub is ${state()}`);
      }
      const { taken, problems } = await take(queue, store);
      const done = pipeline.directory.writing(() => store.remove(taken));
      if (done > 0) log.info(`${countedLetters(done)} of consumer "${consumer}" ${what} by command: ${named(taken)}`);
      return { done, problems };
    })();
    this.#last.set(queue, work);
    return work;
  }
}

/** An entry that is not settled is no dead letter yet: it is delivered again when its thread ends now. */
function settledOnly(queue: HubQueue, letters: readonly ListedLetter[]): ListedLetter[] {
  const unsettled = IntervalSet.of(queue.unsettled());
  const enqueued = queue.queue.enqueued.get();
  const once = new Map(letters.map((letter) => [letter.id, letter]));
  return [...once.values()].filter(({ id }) => id < enqueued && !unsettled.has(id));
}

function named(letters: readonly ListedLetter[]): string {
  const ids = letters.slice(0, MOST_NAMED).map(({ id }) => id);
  return letters.length > MOST_NAMED ? `${ids.join(', ')}, …` : ids.join(', ');
}

const withoutConsumer = (name: string): PenstockError =>
  new PenstockError(
    'CONSUMER_NOT_FOUND',
    `dead letters of "${name}" cannot be requeued: it is no longer in the config, and nobody would get them; put it back, or purge them`,
  );
