// One consumer's threads that block their event loops: which do at this moment, with which message, how often that was so,
// and what ends one that blocks for too long.
import { PenstockError } from '../errors.js';
import type { Files } from '../files/files.js';
import { topicAt } from '../journal/topic-at.js';
import { ThreadShared } from '../queue/shared.js';
import type { StalledThread } from '../telemetry/snapshot.js';
import { seconds, withMessage } from '../telemetry/stall-text.js';
import type { Watch, Watchdog } from './watchdog.js';

export interface StallsOptions {
  readonly watchdog: Watchdog;
  /** As in ConsumerSettings, both. */
  readonly stallMs: number;
  readonly killAfterMs: number | false;
  /** For the topic of the message that a thread works on. */
  readonly files: Files;
  readonly journalDirectory: string;
}

export interface StallsEvents {
  /** A thread blocks its event loop for `stallMs`, and goes on to. */
  stalled(thread: StalledThread): void;
  /** Its event loop turns again. */
  recovered(thread: StalledThread): void;
}

/** What the hub shows of a consumer's stalls. */
export interface StallCounts {
  /** Threads whose event loop does not turn at this moment, for longer than `stallMs`. */
  readonly stalled: readonly StalledThread[];
  /** Times that a thread was found stalled. */
  readonly stallsTotal: number;
  /** Those of them that were ended. */
  readonly stallsKilledTotal: number;
}

/** Those of a queue that nothing runs for. */
export const NO_STALLS: StallCounts = { stalled: [], stallsTotal: 0, stallsKilledTotal: 0 };

/** A thread that is stalled, and its watch. */
interface Stall extends Pick<StalledThread, 'threadIndex' | 'position' | 'topic'> {
  readonly shared: ThreadShared;
  readonly watch: Watch;
}

export class Stalls {
  readonly #options: StallsOptions;
  readonly #events: StallsEvents;
  readonly #stalled = new Map<number, Stall>();
  #total = 0;
  #killedTotal = 0;

  constructor(options: StallsOptions, events: StallsEvents) {
    this.#options = options;
    this.#events = events;
  }

  get counts(): StallCounts {
    const stalled = [...this.#stalled.keys()].map((threadIndex) => toStalledThread(this.#look(threadIndex)));
    return { stalled, stallsTotal: this.#total, stallsKilledTotal: this.#killedTotal };
  }

  /**
   * Watches a thread, from its start on.
   *
   * @param kill Called once with CONSUMER_STALLED when it is to be ended.
   * @returns What ends the watch: to be called when the thread has ended.
   */
  watch(threadIndex: number, shared: ThreadShared, kill: (error: PenstockError) => void): () => void {
    const { watchdog, stallMs, killAfterMs } = this.#options;
    const watch = watchdog.watch({
      shared,
      stallMs,
      killAfterMs,
      stalled: () => {
        const stall = { threadIndex, shared, watch, ...this.#messageOf(shared) };
        this.#stalled.set(threadIndex, stall);
        this.#total++;
        this.#events.stalled(toStalledThread(stall));
      },
      recovered: (forMs) => {
        const stall = this.#stalled.get(threadIndex);
        this.#stalled.delete(threadIndex);
        if (stall !== undefined) this.#events.recovered(toStalledThread(stall, forMs));
      },
      overdue: (forMs) => {
        this.#killedTotal++;
        const stall = this.#look(threadIndex);
        const what = `its thread blocked its event loop for ${seconds(forMs)}${withMessage(stall)}`;
        const error = new PenstockError('CONSUMER_STALLED', `${what}, and was ended: killAfterMs is ${killAfterMs}`);
        // Of this timer, and not of what blocks.
        delete error.stack;
        kill(error);
      },
    });
    return () => {
      watch.end();
      this.#stalled.delete(threadIndex);
    };
  }

  /** A stalled thread as it is now: it may have begun with another message since, and not have come to beat. */
  #look(threadIndex: number): Stall {
    const known = this.#stalled.get(threadIndex) as Stall;
    if (!known.watch.isStill || this.#positionOf(known.shared) === known.position) return known;
    const stall = { ...known, ...this.#messageOf(known.shared) };
    this.#stalled.set(threadIndex, stall);
    return stall;
  }

  /** What a thread is at; while nothing is in flight in it, that is no message. */
  #messageOf(shared: ThreadShared): Pick<StalledThread, 'position' | 'topic'> {
    const position = this.#positionOf(shared);
    if (position === undefined) return { position, topic: undefined };
    const { files, journalDirectory } = this.#options;
    return { position, topic: topicAt(files, journalDirectory, position) };
  }

  #positionOf({ words, numbers }: ThreadShared): number | undefined {
    const position = numbers[ThreadShared.CURRENT_POSITION] as number;
    return Atomics.load(words, ThreadShared.IN_FLIGHT) === 0 || Number.isNaN(position) ? undefined : position;
  }
}

const toStalledThread = ({ threadIndex, watch, position, topic }: Stall, forMs = watch.forMs): StalledThread => ({
  threadIndex,
  forMs: Math.round(forMs),
  position,
  topic,
});
