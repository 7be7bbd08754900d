// What this thread settles: gathered through a turn of the event loop, written to its log at the turn's end, and only
// then counted and let go of, so that what a kill -9 brings again is the last turn's at most. Dead letters are on stable
// storage before their entries settle.
import type { DeadLetterWriter, NewDeadLetter } from '../../dead-letters/dead-letter-file.js';
import { clearInFlight } from '../../queue/held.js';
import type { Interval } from '../../queue/interval-set.js';
import { type QueueShared, ThreadShared } from '../../queue/shared.js';
import { knownSettled } from '../../settlement/known-settled.js';
import type { SettleLog } from '../../settlement/settle-log.js';
import { type OutcomeKind, type PendingRetry, SettleKind, SettleReason } from '../../settlement/settle-record.js';
import type { Claims } from './claims.js';

/** Which count each kind goes into; what is acknowledged is all the rest. */
const COUNTED: ReadonlyMap<OutcomeKind, number> = new Map<OutcomeKind, number>([
  [SettleKind.DAMAGED, ThreadShared.DAMAGED],
  [SettleKind.DROPPED, ThreadShared.DROPPED],
  [SettleKind.DEAD, ThreadShared.DEAD],
]);
/** Dead letters that are none of the consumer's own asking. */
const COUNTED_DEAD: ReadonlyMap<SettleReason | undefined, number> = new Map([
  [SettleReason.ATTEMPTS, ThreadShared.DEAD_ATTEMPTS],
  [SettleReason.CRASHES, ThreadShared.DEAD_CRASHES],
]);

export interface SettlementsParts {
  readonly queue: QueueShared;
  readonly thread: ThreadShared;
  readonly claims: Claims;
  readonly log: SettleLog;
  readonly deadLetters: DeadLetterWriter;
  /** What is known of entries that failed before this thread began. */
  readonly retries: readonly PendingRetry[];
}

/** A dead letter that is written, and waits to be put on stable storage. */
interface UnsyncedLetter {
  readonly ordinal: number;
  readonly length: number;
  readonly reason: SettleReason;
  readonly settled: (failure: unknown) => void;
}

export class Settlements {
  readonly #parts: SettlementsParts;
  readonly #flushLater = () => this.flush();
  /** Settled in earlier incarnations of the thread. */
  readonly #settledBefore: number;
  readonly #settledBytesBefore: number;
  /** By ordinal, what the log has to go on saying of entries that are not settled. */
  readonly #retries: Map<number, PendingRetry>;
  /** The same of deliveries that are written down as begun, and of whose end nothing is written yet. */
  readonly #starts = new Map<number, PendingRetry>();
  /** By slot of the thread's numbers, what is to be counted once it is written. */
  readonly #uncounted = new Map<number, number>();
  #letters: UnsyncedLetter[] = [];
  #flushDue = false;
  #abandoned = false;

  constructor(parts: SettlementsParts) {
    this.#parts = parts;
    this.#settledBefore = parts.thread.settled.get();
    this.#settledBytesBefore = parts.thread.settledBytes.get();
    this.#retries = new Map(parts.retries.map((retry) => [retry.ordinal, retry]));
  }

  /** Notes an entry as settled; it is so at the end of the turn. `length` is its record's, in bytes. */
  add(ordinal: number, length: number, kind: OutcomeKind = SettleKind.ACKNOWLEDGED, reason?: SettleReason): void {
    if (this.#abandoned) return;
    if (kind !== SettleKind.ACKNOWLEDGED) this.#count(kind, reason);
    if (this.#retries.size > 0) this.#retries.delete(ordinal);
    if (this.#starts.size > 0) this.#starts.delete(ordinal);
    this.#parts.log.add(kind, ordinal, length, reason);
    this.#schedule();
  }

  /** Notes that a delivery of an entry begins; it is known after a kill once {@link flush} has returned. */
  start(start: PendingRetry): void {
    if (this.#abandoned) return;
    this.#starts.set(start.ordinal, start);
    this.#parts.log.start(start);
  }

  /** Notes that such a delivery has ended, and nothing has become of it. */
  left(start: PendingRetry): void {
    if (this.#abandoned) return;
    this.#starts.delete(start.ordinal);
    this.#parts.log.left(start);
    this.#schedule();
  }

  /** Notes that an entry failed, and when it is due again; it is known after a kill once the turn has ended. */
  retry(retry: PendingRetry): void {
    if (this.#abandoned) return;
    this.#retries.set(retry.ordinal, retry);
    this.#starts.delete(retry.ordinal);
    this.#parts.log.retry(retry);
    this.#schedule();
  }

  /**
   * Writes a dead letter; its entry settles once that is on stable storage.
   *
   * @param settled Called then, or with what kept it from getting there: the entry is not settled, and still this thread's.
   */
  dead(letter: NewDeadLetter, length: number, settled: (failure: unknown) => void): void {
    if (this.#abandoned) return;
    try {
      this.#parts.deadLetters.add(letter);
    } catch (failure) {
      settled(failure);
      return;
    }
    this.#letters.push({ ordinal: letter.ordinal, length, reason: letter.reason, settled });
    this.#schedule();
  }

  /** Has the dead letters written so far settle at once; those that cannot be written are delivered again. */
  flushLetters(): void {
    if (this.#letters.length > 0) this.flush();
  }

  /** Writes what was settled, and then counts it and lets go of it. */
  flush(): void {
    this.#flushDue = false;
    if (this.#abandoned) return;
    if (this.#letters.length > 0) this.#settleDead();
    const { log, thread, claims, queue } = this.#parts;
    if (!log.dirty) return;
    this.#onLog(() => log.flush());
    // Who reads them reads what is settled first.
    if (this.#uncounted.size > 0) this.#countAll();
    thread.settledBytes.set(this.#settledBytesBefore + log.settledBytes);
    thread.settled.set(this.#settledBefore + log.settled);
    claims.publish();
    const settled = log.grown ? knownSettled(queue, log) : undefined;
    // Where it cannot be told at this moment, a later flush finds the log still grown.
    if (settled !== undefined) this.#onLog(() => this.#compact(settled));
  }

  #compact(settled: readonly Interval[]): void {
    const { log } = this.#parts;
    log.compact(settled, this.#retries.values());
    // A rewritten log has none: a delivery that takes long, and ends the hub, would never be known for it.
    for (const start of this.#starts.values()) log.start(start);
    log.flush();
  }

  /** Puts what was settled on stable storage. */
  sync(): void {
    this.#onLog(() => this.#parts.log.sync());
  }

  /** Nothing more is written down: what is not settled by now is the next thread's. */
  abandon(): void {
    this.#abandoned = true;
  }

  /** A log that fails ends the thread, through no fault of what is being delivered. */
  #onLog(work: () => void): void {
    try {
      work();
    } catch (error) {
      clearInFlight(this.#parts.thread);
      throw error;
    }
  }

  #schedule(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    setImmediate(this.#flushLater);
  }

  #settleDead(): void {
    const letters = this.#letters;
    this.#letters = [];
    let failure: unknown;
    try {
      this.#parts.deadLetters.sync();
    } catch (error) {
      failure = error ?? new Error('dead letters cannot be put on stable storage');
    }
    for (const { ordinal, length, reason, settled } of letters) {
      if (failure === undefined) this.add(ordinal, length, SettleKind.DEAD, reason);
      settled(failure);
    }
  }

  #count(kind: OutcomeKind, reason: SettleReason | undefined): void {
    const slot = COUNTED_DEAD.get(reason) ?? COUNTED.get(kind);
    if (slot === undefined) return;
    this.#uncounted.set(slot, (this.#uncounted.get(slot) ?? 0) + 1);
  }

  #countAll(): void {
    const { numbers } = this.#parts.thread;
    for (const [slot, count] of this.#uncounted) numbers[slot] = (numbers[slot] as number) + count;
    this.#uncounted.clear();
  }
}
