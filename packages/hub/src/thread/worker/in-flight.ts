// What this thread is delivering, told where it outlives the thread: in shared memory, for when the thread ends by itself
// or blocks; and in the settle log, for when the hub ends with it, as long as that has just happened before.
import { ThreadShared } from '../../queue/shared.js';
import { IN_ITS_TURN, type PendingRetry } from '../../settlement/settle-record.js';
import type { SuspectTurn } from '../suspect-turns.js';
import type { Settlements } from './settlements.js';
import { type Entry, IN_LINE } from './waiting.js';

export interface InFlightParts {
  readonly thread: ThreadShared;
  readonly settlements: Settlements;
  /** Deliveries of entries below this ordinal are written down as they begin. */
  readonly cautiousBelow: number;
  readonly turn: SuspectTurn;
}

export class InFlight {
  readonly #parts: InFlightParts;
  readonly #numbers: Float64Array;
  readonly #slots: Float64Array;
  /** The entry that this thread has the hub's turn for. */
  #turnOf: Entry | undefined;
  /** Entries whose delivery is written down as begun. */
  readonly #writtenDown = new WeakSet<Entry>();

  constructor(parts: InFlightParts) {
    this.#parts = parts;
    this.#numbers = parts.thread.numbers;
    this.#slots = parts.thread.slots;
    this.#numbers[ThreadShared.CURRENT] = 0;
    this.#numbers[ThreadShared.CURRENT_POSITION] = Number.NaN;
  }

  /**
   * Whether the delivery of an entry may begin, as far as the hub's other threads go: one that a crash of the whole hub
   * is suspected of waits for its turn among all such. If it may, it is to begin at once, or to be held back.
   */
  mayBegin(entry: Entry): boolean {
    if (entry.crashes === 0 || entry.ordinal >= this.#parts.cautiousBelow) return true;
    if (!this.#parts.turn.draw()) return false;
    this.#turnOf = entry;
    return true;
  }

  /** An entry that might begin has to wait for something else: others are not to wait with it. It is to ask again. */
  holdBack(entry: Entry): void {
    this.#giveTurnBack(entry);
  }

  /** The delivery of an entry begins, in line. */
  beginInLine(entry: Entry, position: number): void {
    this.#numbers[ThreadShared.CURRENT] = entry.ordinal + 1;
    this.#numbers[ThreadShared.CURRENT_POSITION] = position;
    if (this.#isToBeWrittenDown(entry)) this.#writeDown([entry]);
  }

  /** The delivery of entries begins beside the loop: each has its slot. */
  beginBeside(entries: readonly Entry[], position: number): void {
    for (const { slot, ordinal } of entries) this.#slots[slot] = -(ordinal + 1);
    this.#numbers[ThreadShared.CURRENT_POSITION] = position;
    const writtenDown = entries.filter((entry) => this.#isToBeWrittenDown(entry));
    if (writtenDown.length > 0) this.#writeDown(writtenDown);
  }

  /** It has ended, in whichever way. */
  end(entry: Entry): void {
    const { ordinal, slot } = entry;
    if (this.#numbers[ThreadShared.CURRENT] === ordinal + 1) this.#numbers[ThreadShared.CURRENT] = 0;
    else if (slot !== IN_LINE) this.#slots[slot] = ordinal + 1;
    this.#giveTurnBack(entry);
  }

  /** It has ended, and nothing becomes of it for now: the entry stays in the queue as it was. */
  leave(entry: Entry): void {
    this.end(entry);
    if (this.#writtenDown.delete(entry)) this.#parts.settlements.left(deliveryOf(entry, false));
  }

  #giveTurnBack(entry: Entry): void {
    if (this.#turnOf !== entry) return;
    this.#turnOf = undefined;
    // Not before what has become of it is written: a crash at the next one's delivery would be put down to this one too.
    setImmediate(() => {
      this.#parts.settlements.flush();
      if (this.#turnOf === undefined) this.#parts.turn.release();
    });
  }

  #isToBeWrittenDown({ ordinal, crashes }: Entry): boolean {
    return ordinal < this.#parts.cautiousBelow || crashes > 0;
  }

  #writeDown(entries: readonly Entry[]): void {
    const { settlements } = this.#parts;
    for (const entry of entries) {
      this.#writtenDown.add(entry);
      settlements.start(deliveryOf(entry, this.#turnOf === entry));
    }
    settlements.flush();
  }
}

const deliveryOf = ({ ordinal, failures: attempt, crashes, firstAt }: Entry, inItsTurn: boolean): PendingRetry => ({
  ordinal,
  attempt,
  crashes,
  delayMs: inItsTurn ? IN_ITS_TURN : 0,
  failedAt: Date.now(),
  firstAt,
});
