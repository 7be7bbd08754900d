// When the consumer's own process tells the hub how its queue stands: soon while things change, seldom while nothing does,
// and never so often that telling takes a large part of its time.
import type { QueueShared } from '../../../queue/shared.js';
import { ThreadShared } from '../../../queue/shared.js';
import { type QueueMirror, takeMirror } from '../mirror.js';

/** While entries are settled, … */
const SOONEST_MS = 5;
/** … and while nothing changes, for the hub to know that the process lives. */
const LATEST_MS = 500;

/** Telling takes one part in so many of the time, at most: with a hundred thousand in flight a mirror is large. */
const TIMES_ITS_COST = 10;

export class MirrorSender {
  readonly #queue: QueueShared;
  readonly #send: (mirror: QueueMirror, sent: () => void) => void;
  #rateTurn: bigint;
  #before: readonly number[] = [];
  #pauseMs = SOONEST_MS;
  #timer: NodeJS.Timeout | undefined;
  #sending = false;
  #ended = false;

  /** @param send Passes a mirror on, and calls back when the next one may come. */
  constructor(queue: QueueShared, send: (mirror: QueueMirror, sent: () => void) => void) {
    this.#queue = queue;
    this.#send = send;
    this.#rateTurn = Atomics.load(queue.rateTurn, 0);
  }

  /** Something has happened that changes things soon. */
  hasten(): void {
    if (this.#pauseMs === SOONEST_MS) return;
    this.#pauseMs = SOONEST_MS;
    this.#schedule();
  }

  /** Sends mirrors from now on. */
  start(): void {
    this.#schedule();
  }

  /** Sends one at once, before what is told besides. */
  now(): void {
    if (!this.#ended) this.#send(this.#take(), () => {});
  }

  /** Sends the last one, unless it has been; calls back when it is on its way. */
  end(sent: () => void): void {
    clearTimeout(this.#timer);
    if (this.#ended) {
      sent();
      return;
    }
    this.#ended = true;
    this.#send(this.#take(), sent);
  }

  #schedule(): void {
    if (this.#sending || this.#ended) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#next(), this.#pauseMs);
  }

  #next(): void {
    const signs = this.#signs();
    const changed = signs.some((sign, index) => sign !== this.#before[index]);
    const isQuiet = !changed && this.#before.length > 0;
    this.#before = signs;
    const pauseMs = isQuiet ? Math.min(2 * this.#pauseMs, LATEST_MS) : SOONEST_MS;
    // Unchanged, it is sent once in the longest pause alone.
    if (isQuiet && this.#pauseMs < LATEST_MS) {
      this.#pauseMs = pauseMs;
      this.#schedule();
      return;
    }
    const startedMs = performance.now();
    this.#sending = true;
    this.#send(this.#take(), () => {
      this.#sending = false;
      this.#schedule();
    });
    this.#pauseMs = Math.max(pauseMs, TIMES_ITS_COST * (performance.now() - startedMs));
  }

  #take(): QueueMirror {
    const mirror = takeMirror(this.#queue, this.#rateTurn);
    this.#rateTurn = mirror.rateTurn;
    return mirror;
  }

  /** What tells whether a mirror would say anything new. */
  #signs(): number[] {
    return this.#queue.threads.flatMap(({ words, numbers, settled, cursor }) => [
      settled.get(),
      cursor.get(),
      Atomics.load(words, ThreadShared.STATE),
      Atomics.load(words, ThreadShared.HELD_VERSION),
      Atomics.load(words, ThreadShared.RETRYING),
      words[ThreadShared.IN_FLIGHT] as number,
      numbers[ThreadShared.CURRENT_POSITION] as number,
    ]);
  }
}
