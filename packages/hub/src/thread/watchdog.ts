// Sees from the main thread which consumers' threads block their event loops: each counts a word in shared memory up while
// its own turns (worker/heartbeat.ts). One timer for all of them, and only the time in which it was not late itself counts:
// after the main thread was blocked, or the process suspended, nobody is accused of it.
import { ThreadShared } from '../queue/shared.js';

/** Looks in a `stallMs`, and the bounds of the time between two; the shortest of those that are watched counts. */
const LOOKS_PER_STALL = 8;
const LEAST_MS = 20;
const MOST_MS = 500;

/**
 * Loading is work that keeps the event loop from turning, and with a hundred threads that start on a machine that is busy it
 * takes long: until it is over, a thread is not stalled before this, nor overdue before twice of it.
 */
const LOADING_MS = 30_000;

/** A thread that is watched, and what is told of it. Times are in milliseconds. */
export interface Watched {
  readonly shared: ThreadShared;
  /** After so long without a beat it is stalled. */
  readonly stallMs: number;
  /** After so long it is overdue; false for never. */
  readonly killAfterMs: number | false;
  /** It is stalled, and goes on to be. */
  stalled(forMs: number): void;
  /** Its event loop turns again, after it was stalled for about so long. */
  recovered(forMs: number): void;
  /** Told once, after {@link stalled}. */
  overdue(forMs: number): void;
}

/** One thread under watch. */
export interface Watch {
  /** For how long its event loop has not turned by now; 0 when it is not known not to. */
  readonly forMs: number;
  /** Whether it has not beaten since the last look. */
  readonly isStill: boolean;
  /** The thread has ended, or is about to. */
  end(): void;
}

export class Watchdog {
  readonly #watches = new Set<HeartbeatWatch>();
  #timer: NodeJS.Timeout | undefined;
  #everyMs = 0;

  /** Watches a thread from its first beat on. */
  watch(watched: Watched): Watch {
    const watch = new HeartbeatWatch(watched, () => this.#leave(watch));
    this.#watches.add(watch);
    // Else the timer goes on as it is: threads that come and go must not keep it from ever ringing.
    if (this.#timer === undefined || everyMs(watched.stallMs) < this.#everyMs) this.#schedule();
    return watch;
  }

  #leave(watch: HeartbeatWatch): void {
    this.#watches.delete(watch);
    if (this.#watches.size === 0) this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#watches.size === 0) return;
    this.#everyMs = Math.min(...[...this.#watches].map(({ stallMs }) => everyMs(stallMs)));
    const sinceMs = performance.now();
    this.#timer = setTimeout(() => {
      const countedMs = Math.min(performance.now() - sinceMs, this.#everyMs);
      this.#schedule();
      for (const watch of this.#watches) watch.look(countedMs);
    }, this.#everyMs).unref();
  }
}

const everyMs = (stallMs: number): number => Math.max(LEAST_MS, Math.min(MOST_MS, stallMs / LOOKS_PER_STALL));

class HeartbeatWatch implements Watch {
  readonly #watched: Watched;
  readonly #leave: () => void;
  #beats = 0;
  #forMs = 0;
  #said: 'nothing' | 'stalled' | 'overdue' = 'nothing';

  constructor(watched: Watched, leave: () => void) {
    this.#watched = watched;
    this.#leave = leave;
  }

  get stallMs(): number {
    return this.#watched.stallMs;
  }

  get forMs(): number {
    return this.#forMs;
  }

  get isStill(): boolean {
    return Atomics.load(this.#watched.shared.words, ThreadShared.HEARTBEAT) === this.#beats;
  }

  end(): void {
    this.#leave();
  }

  /** @param countedMs How long ago the last look was, as far as it counts. */
  look(countedMs: number): void {
    const { shared } = this.#watched;
    const beats = Atomics.load(shared.words, ThreadShared.HEARTBEAT);
    if (beats !== this.#beats) {
      this.#beats = beats;
      this.#turns();
      return;
    }
    // What keeps a thread from beginning is not the consumer's code: it is not there yet.
    if (beats === 0) return;
    this.#forMs += countedMs;
    const { stallMs, killAfterMs } = beats === 1 ? this.#whileLoading : this.#watched;
    if (this.#said === 'nothing' && this.#forMs >= stallMs) {
      this.#said = 'stalled';
      this.#watched.stalled(this.#forMs);
    }
    if (this.#said === 'stalled' && killAfterMs !== false && this.#forMs >= killAfterMs) {
      this.#said = 'overdue';
      this.#watched.overdue(this.#forMs);
    }
  }

  get #whileLoading(): Pick<Watched, 'stallMs' | 'killAfterMs'> {
    const { stallMs, killAfterMs } = this.#watched;
    return {
      stallMs: Math.max(stallMs, LOADING_MS),
      killAfterMs: killAfterMs === false ? false : Math.max(killAfterMs, 2 * LOADING_MS),
    };
  }

  #turns(): void {
    const [forMs, wasStalled] = [this.#forMs, this.#said !== 'nothing'];
    this.#forMs = 0;
    this.#said = 'nothing';
    if (wasStalled) this.#watched.recovered(forMs);
  }
}
