// Replays: messages that the journal still holds are put into one consumer's queue again, as new entries, while the hub
// goes on. One at a time for each consumer; in parts, each committed before the next is searched for.
import { setTimeout as sleep } from 'node:timers/promises';
import { countedMessages } from './admin/queues/queue-errors.js';
import type { Replayer, ReplayProgress, ReplayRange, ReplayReport } from './admin/replay-routes.js';
import { consumerNotFound } from './consumer-control.js';
import type { ConsumerSpec } from './consumer-specs.js';
import { backfill } from './enqueuer/backfill/backfill.js';
import type { JournalPlace, SearchedRange } from './enqueuer/backfill/protocol.js';
import { PenstockError } from './errors.js';
import type { HubEmitter } from './hub-emitter.js';
import type { HubQueue } from './hub-queues.js';
import type { LifecycleState } from './lifecycle.js';
import type { Pipeline } from './pipeline.js';
import { damageText, unseenText } from './queue-backfill.js';
import { checkedRange } from './replay-range.js';
import { BacklogBound } from './source/backlog-bound.js';
import type { HubLog } from './telemetry/log.js';
import { compilePatterns } from './topic.js';

/** How often a replay that waits for room looks whether there is some. */
const LOOK_EVERY_MS = 20;

/** Entries that a bounded queue is given at once, as a part of what `maxBacklog` allows: it is not to go beyond. */
const PART_OF_BOUND = 0.05;
/** The same where only bytes are bounded. */
const MOST_OF_BYTES = 64;

/** What a replay is asked for with. */
export interface ReplayOptions extends ReplayRange {
  /** Ends it in order: what was put into the queue stays there. */
  readonly signal?: AbortSignal | undefined;
  /** Called when it has begun, and as it goes on. */
  readonly progress?: ((progress: ReplayProgress) => void) | undefined;
}

export interface ReplaysOptions {
  readonly pipeline: Pipeline;
  readonly events: HubEmitter;
  readonly log: HubLog;
  readonly state: () => LifecycleState;
}

/** A queue with its consumer. */
type ConsumedQueue = HubQueue & { readonly spec: ConsumerSpec };

interface Running {
  readonly stop: AbortController;
  readonly over: Promise<unknown>;
}

export class Replays implements Replayer {
  readonly #options: ReplaysOptions;
  readonly #running = new Map<string, Running>();

  constructor(options: ReplaysOptions) {
    this.#options = options;
  }

  /** @throws (rejects) as {@link HubOperations.replay} says. */
  async replay(consumer: string, options: ReplayOptions): Promise<ReplayReport> {
    const queue = this.#find(consumer);
    if (this.#running.has(consumer)) {
      throw new PenstockError(
        'REPLAY_RUNNING',
        `a replay into consumer "${consumer}" is under way; wait for its end, or stop it`,
      );
    }
    const { pipeline } = this.#options;
    if (options.topics !== undefined) compilePatterns(options.topics);
    const range = checkedRange(options, pipeline.enqueuer.committedPosition);
    if (pipeline.diskRefusal !== undefined) throw pipeline.diskRefusal;
    const stop = new AbortController();
    const signals = [stop.signal, ...(options.signal === undefined ? [] : [options.signal])];
    const replaying = this.#replay(queue, range, options, AbortSignal.any(signals));
    this.#running.set(consumer, { stop, over: replaying.catch(() => {}) });
    try {
      return await replaying;
    } finally {
      this.#running.delete(consumer);
    }
  }

  stopReplay(consumer: string): boolean {
    const running = this.#running.get(consumer);
    running?.stop.abort();
    return running !== undefined;
  }

  /** Ends all of them in order. */
  async stop(): Promise<void> {
    await Promise.all(
      [...this.#running.values()].map(({ stop, over }) => {
        stop.abort();
        return over;
      }),
    );
  }

  async #replay(
    queue: ConsumedQueue,
    range: { readonly from: JournalPlace; readonly until: JournalPlace; readonly end: number },
    { from, topics, progress }: ReplayOptions,
    signal: AbortSignal,
  ): Promise<ReplayReport> {
    const { pipeline, events, log } = this.#options;
    const { name: consumer, spec } = queue;
    let found = { from: 0, to: 0, through: 0, replayed: 0 };
    let isLate = false;
    const pin = await pipeline.pin('position' in range.from ? range.from.position : 0);
    try {
      const request = {
        journalDirectory: pipeline.directory.journal,
        patterns: spec.topics,
        only: topics,
        orderKey: spec.orderKey,
        searchedThrough: 0,
        ...range,
      };
      const room = this.#roomIn(queue, signal);
      const watch = {
        room,
        began: (searched: SearchedRange) => {
          pin.move(searched.from);
          isLate = searched.isLate && from !== 'earliest';
          found = { from: searched.from, to: searched.until, through: searched.from, replayed: 0 };
          log.info(
            `replay into consumer "${consumer}" of positions ${searched.from} to ${searched.until}${late(isLate)}`,
          );
          progress?.(found);
        },
        progress: (through: number, replayed: number) => {
          pin.move(through);
          found = { ...found, through, replayed };
          progress?.(found);
        },
        damaged: (position: number, to: number, problem: string) => {
          log.error(damageText(consumer, position, to, problem), { code: 'DATA_DAMAGED' });
        },
      };
      const { isComplete, unseenBytes } = await backfill(pipeline.enqueuer, queue.number, request, watch, signal);
      const report = { consumer, ...found, isComplete, isLate, unseenBytes };
      log.info(`replay into consumer "${consumer}" ${ended(report)}`);
      events.emit('consumer:replayed', report);
      return report;
    } catch (error) {
      log.error(`replay into consumer "${consumer}" failed, ${soFar(found)}: ${(error as Error).message}`);
      throw withPlace(error, soFar(found));
    } finally {
      pin.release();
    }
  }

  /** What resolves when a queue may be given more, or the replay is to end; to how many entries. */
  #roomIn({ name, queue, spec }: ConsumedQueue, signal: AbortSignal): () => Promise<number> {
    const bound = spec.maxBacklog && new BacklogBound(name, queue, spec.maxBacklog);
    const most = mostAtOnce(spec);
    const { pipeline } = this.#options;
    return async () => {
      while (!signal.aborted && (bound?.holds || pipeline.diskRefusal !== undefined)) {
        await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
      }
      return most;
    };
  }

  #find(consumer: string): ConsumedQueue {
    const { pipeline, state } = this.#options;
    if (state() !== 'running') {
      throw new PenstockError('HUB_NOT_RUNNING', `replay("${consumer}"): the hub is ${state()}`);
    }
    const queues = pipeline.queues.filter((queue): queue is ConsumedQueue => queue.spec !== undefined);
    const queue = queues.find(({ name }) => name === consumer);
    if (queue === undefined) throw consumerNotFound([consumer], queues);
    return queue;
  }
}

function mostAtOnce({ maxBacklog }: ConsumerSpec): number {
  if (maxBacklog === undefined) return Number.POSITIVE_INFINITY;
  const { messages } = maxBacklog;
  return messages === undefined ? MOST_OF_BYTES : Math.max(1, Math.floor(messages * PART_OF_BOUND));
}

const late = (isLate: boolean): string =>
  isLate ? ': the journal holds nothing older, though an older beginning was asked for' : '';

const soFar = ({ replayed, through }: ReplayProgress): string =>
  `after ${countedMessages(replayed)}, through position ${through}`;

function ended(report: ReplayReport): string {
  const { isComplete, replayed, unseenBytes } = report;
  return isComplete
    ? `is over: ${countedMessages(replayed)}${unseenText(unseenBytes)}`
    : `was stopped ${soFar(report)}`;
}

/** Whoever goes on later has to know where. */
function withPlace(error: unknown, place: string): unknown {
  if (!(error instanceof PenstockError)) return error;
  return new PenstockError(error.code, `${error.message}; the replay ended ${place}`, { cause: error });
}
