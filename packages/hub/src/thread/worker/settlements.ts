// What this thread settles: gathered through a turn of the event loop, written to its log at the turn's end, and only
// then counted and let go of, so that what a kill -9 brings again is the last turn's at most.
import { settledBelowCursor } from '../../queue/held.js';
import { type QueueShared, ThreadShared } from '../../queue/shared.js';
import type { SettleLog } from '../../settlement/settle-log.js';
import { SettleKind } from '../../settlement/settle-record.js';
import type { Claims } from './claims.js';

export interface SettlementsParts {
  readonly queue: QueueShared;
  readonly thread: ThreadShared;
  readonly claims: Claims;
  readonly log: SettleLog;
}

export class Settlements {
  readonly #parts: SettlementsParts;
  readonly #flushLater = () => this.flush();
  /** Settled in earlier incarnations of the thread. */
  readonly #settledBefore: number;
  readonly #settledBytesBefore: number;
  #damaged = 0;
  #flushDue = false;
  #abandoned = false;

  constructor(parts: SettlementsParts) {
    this.#parts = parts;
    this.#settledBefore = parts.thread.settled.get();
    this.#settledBytesBefore = parts.thread.settledBytes.get();
  }

  /** Notes an entry as settled; it is so at the end of the turn. `length` is its record's, in bytes. */
  add(ordinal: number, length: number, kind: SettleKind = SettleKind.ACKNOWLEDGED): void {
    if (kind === SettleKind.DAMAGED) this.#damaged++;
    this.#parts.log.add(kind, ordinal, length);
    if (this.#flushDue) return;
    this.#flushDue = true;
    setImmediate(this.#flushLater);
  }

  /** Writes what was settled, and then counts it and lets go of it. */
  flush(): void {
    this.#flushDue = false;
    const { log, thread, claims, queue } = this.#parts;
    if (!log.dirty || this.#abandoned) return;
    log.flush();
    thread.settledBytes.set(this.#settledBytesBefore + log.settledBytes);
    thread.settled.set(this.#settledBefore + log.settled);
    thread.numbers[ThreadShared.DAMAGED] = (thread.numbers[ThreadShared.DAMAGED] as number) + this.#damaged;
    this.#damaged = 0;
    claims.publish();
    const settled = log.grown ? settledBelowCursor(queue) : undefined;
    // Where it cannot be told at this moment, a later flush finds the log still grown.
    if (settled !== undefined) log.compact(settled);
  }

  /** Nothing more is written down: what is not settled by now is the next thread's. */
  abandon(): void {
    this.#abandoned = true;
  }
}
