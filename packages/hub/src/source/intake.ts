// Where messages come into the hub from outside, by sources and by programs that publish: takes them, or says why not
// now. The bounds are here and not in the enqueuer, since what consumers publish passes them: a cycle of consumers would
// wait for itself.
import type { Logger } from '../consumer-context.js';
import type { Enqueuer } from '../enqueuer/enqueuer.js';
import type { Route, Router } from '../enqueuer/router.js';
import { PenstockError } from '../errors.js';
import type { Body, Headers } from '../message.js';
import { EpisodeLog } from '../telemetry/episode-log.js';
import type { BacklogBound } from './backlog-bound.js';

/** How often somebody who waits for room looks whether there is some: consumers tell nobody that they settle. */
const LOOK_EVERY_MS = 20;

/** What bounds the data directory. */
export interface DiskRoom {
  /** Why nothing is to be taken for now. */
  readonly refusal: PenstockError | undefined;
}

export interface IntakeParts {
  readonly enqueuer: Enqueuer;
  readonly router: Router;
  /** By the queue's number; those with `whenFull: 'block'`. */
  readonly bounds: ReadonlyMap<number, BacklogBound>;
  readonly disk: DiskRoom;
  readonly maxUncommittedBytes: number;
  readonly log: Logger;
}

/** Which bounded queues one source has fed: while one of them is full, the source is held. */
export class Fed {
  readonly bounds = new Set<BacklogBound>();
  /** Routes whose queues are among them. */
  readonly routes = new Set<Route>();
}

export class Intake {
  readonly #parts: IntakeParts;
  readonly #held = new Map<BacklogBound, EpisodeLog>();
  readonly #waiting: { readonly fed: Fed; readonly resolve: () => void }[] = [];
  #looking: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    for (const bound of parts.bounds.values()) this.#held.set(bound, holdLog(bound, parts.log));
  }

  /**
   * Takes a message, whatever is full.
   *
   * @param fed Notes which bounded queues it goes to.
   * @returns Its position.
   * @throws as {@link Enqueuer.append}
   */
  accept(topic: string, body: Body, headers: Headers | undefined, fed?: Fed): number {
    const { enqueuer, bounds } = this.#parts;
    const position = enqueuer.append(topic, body, headers);
    if (bounds.size > 0) this.#note(topic, enqueuer.nextPosition - position, fed);
    return position;
  }

  /**
   * Takes a message whose sender is told what became of it.
   *
   * @throws QUEUE_FULL when a queue that it goes to is at its bound; DISK_LIMIT; and as {@link accept}.
   */
  offer(topic: string, body: Body, headers: Headers | undefined): number {
    const { bounds, disk, router } = this.#parts;
    if (disk.refusal !== undefined) throw disk.refusal;
    if (bounds.size > 0) {
      for (const queue of router.route(topic).route.queues) {
        const bound = bounds.get(queue);
        if (bound?.full) throw bound.refusal(topic);
      }
    }
    return this.accept(topic, body, headers);
  }

  /**
   * Takes a message that a program publishes.
   *
   * @throws UNCOMMITTED_LIMIT, and as {@link offer}.
   */
  publish(topic: string, body: Body, headers: Headers | undefined): number {
    const { enqueuer, maxUncommittedBytes } = this.#parts;
    if (!enqueuer.full) return this.offer(topic, body, headers);
    throw new PenstockError(
      'UNCOMMITTED_LIMIT',
      `publish("${topic}"): ${enqueuer.uncommittedBytes} bytes wait for their commit; maxUncommittedBytes is ${maxUncommittedBytes}`,
    );
  }

  /** Whether a source is to wait, since the data directory or a queue that it has fed is full. */
  holds(fed: Fed): boolean {
    if (this.#ended) return false;
    if (this.#parts.disk.refusal !== undefined) return true;
    let holds = false;
    for (const bound of fed.bounds) {
      if (!bound.holds) continue;
      holds = true;
      this.#held.get(bound)?.note(1, () => undefined);
    }
    return holds;
  }

  /** The consumers whose full queues hold a source at this moment. */
  heldBy(fed: Fed): string[] {
    return [...fed.bounds].filter(({ holds }) => holds).map(({ consumer }) => consumer);
  }

  /** Resolves when {@link holds} no longer says so, after {@link LOOK_EVERY_MS} at the latest; or at the end. */
  room(fed: Fed): Promise<void> {
    if (!this.holds(fed)) return Promise.resolve();
    this.#looking ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
    return new Promise((resolve) => this.#waiting.push({ fed, resolve }));
  }

  /** Nothing is held any more: whoever brings a message hears from the enqueuer whether it takes any. */
  end(): void {
    this.#ended = true;
    this.#look();
    for (const log of this.#held.values()) log.end();
  }

  #note(topic: string, bytes: number, fed: Fed | undefined): void {
    const { bounds, router } = this.#parts;
    const { route } = router.route(topic);
    const isNew = fed !== undefined && !fed.routes.has(route);
    for (const queue of route.queues) {
      const bound = bounds.get(queue);
      bound?.take(bytes);
      if (isNew && bound !== undefined) fed.bounds.add(bound);
    }
    if (isNew) fed.routes.add(route);
  }

  #look(): void {
    for (const waiter of this.#waiting.splice(0)) {
      if (this.holds(waiter.fed)) this.#waiting.push(waiter);
      else waiter.resolve();
    }
    if (this.#waiting.length > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }
}

function holdLog(bound: BacklogBound, log: Logger): EpisodeLog {
  const queue = `the queue of consumer "${bound.consumer}"`;
  return new EpisodeLog({
    began: () => log.warn(`${queue} is full (${bound.limit}): the sources that feed it wait until it has room`),
    wentOn: () => log.warn(`${queue} is still full, or is again: the sources that feed it wait`),
    over: () => log.info(`${queue} has room: the sources that feed it go on`),
  });
}
