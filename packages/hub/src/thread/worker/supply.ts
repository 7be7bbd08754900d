// What this thread is to deliver next: an entry whose retry is due, else the next one of the queue, as far as order and
// bounds allow. It reads the entry's record, and gives up one that is damaged.
import { type PendingRetry, SettleKind } from '../../settlement/settle-record.js';
import type { Claims } from './claims.js';
import type { DamagedEntries } from './damaged-entries.js';
import type { EntryReader } from './entry-reader.js';
import type { KeyGate } from './key-gate.js';
import type { Settlements } from './settlements.js';
import { type Entry, IN_LINE, type Waiting } from './waiting.js';

/** How long an entry waits that is put off. */
const ASK_AGAIN_MS = 50;

export interface SupplyParts {
  readonly claims: Claims;
  readonly entries: EntryReader;
  /** Reads the entries that are delivered again: in between, the other one would have to read ahead anew each time. */
  readonly entriesAgain: EntryReader;
  readonly settlements: Settlements;
  /** Told of entries that cannot be delivered. */
  readonly damaged: Pick<DamagedEntries, 'note'>;
  readonly waiting: Waiting;
  readonly gate: KeyGate | undefined;
  /** What is known of entries that failed before this thread began. */
  readonly retries: readonly PendingRetry[];
  /** How many entries to claim at once, at most. */
  readonly claimAtMost: () => number;
  /** Whether none is to be taken before what came before it is settled (`order: 'strict'`). */
  readonly strict: boolean;
}

export class Supply {
  readonly #parts: SupplyParts;
  readonly #failedBefore: Map<number, PendingRetry>;
  /** Where the record of the entry lies that was taken last. */
  source: EntryReader;

  constructor(parts: SupplyParts) {
    this.#parts = parts;
    this.source = parts.entries;
    this.#failedBefore = new Map(parts.retries.map((retry) => [retry.ordinal, retry]));
  }

  /**
   * The entry to deliver next; undefined when there is none at this moment. What was settled before is written by then.
   *
   * @param nowMs The thread's monotonic clock.
   */
  take(nowMs: number): Entry | undefined {
    const { waiting, claims, gate, settlements, strict } = this.#parts;
    // One that is not written is next again.
    if (strict) settlements.flushLetters();
    while (waiting.count > 0) {
      const due = waiting.takeDue(nowMs);
      if (due === undefined) break;
      if (this.#readAgain(due)) return due;
    }
    for (;;) {
      if (waiting.isFull || (claims.left === 0 && !this.#claim())) return undefined;
      const entry = this.#read();
      if (entry === undefined) continue;
      const known = this.#failedBefore.size > 0 && this.#remember(entry);
      const free = gate === undefined || gate.enter(entry);
      if (free && (!known || entry.dueMs <= nowMs)) return entry;
      this.detach(entry);
      if (free) waiting.add(entry);
      else gate.park(entry);
    }
  }

  /** Whether {@link take} has left it for another turn to look further: there may be entries of this thread's share. */
  get hasMore(): boolean {
    const { waiting, claims } = this.#parts;
    return !waiting.isFull && !claims.caughtUp;
  }

  /** Has an entry go its own way: the next one of the run can be taken before it is settled. */
  detach(entry: Entry): void {
    if (entry.slot !== IN_LINE) return;
    const { claims, settlements } = this.#parts;
    if (!claims.hasSlot) settlements.flush();
    entry.slot = claims.detach();
  }

  /** Takes back an entry that was taken and is not delivered yet: it comes again in its order. */
  putBack(entry: Entry): void {
    this.detach(entry);
    this.#parts.waiting.add(entry);
  }

  /** Takes back an entry whose turn it is not yet, and which is to ask again. */
  putOff(entry: Entry): void {
    entry.dueMs = performance.now() + ASK_AGAIN_MS;
    this.putBack(entry);
  }

  /** Reads an entry's record into fresh memory, as it was before any delivery; what is wrong with it, or undefined. */
  readAnew(entry: Entry): string | undefined {
    this.source = this.#parts.entriesAgain;
    return this.source.readAnew(entry.ordinal);
  }

  #claim(): boolean {
    const { claims, settlements, claimAtMost } = this.#parts;
    settlements.flush();
    return claims.claim(claimAtMost());
  }

  /** The next entry of the run, its record read. */
  #read(): Entry | undefined {
    const { claims, entries } = this.#parts;
    const ordinal = claims.next;
    this.source = entries;
    const problem = entries.read(ordinal, claims.ahead);
    if (problem !== undefined) {
      this.#giveUp(ordinal, problem);
      claims.advance();
      return undefined;
    }
    const { length } = entries;
    const keyHash = this.#parts.gate === undefined ? 0 : claims.nextKeyHash;
    return { ordinal, length, keyHash, failures: 0, crashes: 0, firstAt: 0, dueMs: 0, slot: IN_LINE };
  }

  /** Takes over what is known of an entry that failed before this thread began. */
  #remember(entry: Entry): boolean {
    const retry = this.#failedBefore.get(entry.ordinal);
    if (retry === undefined) return false;
    this.#failedBefore.delete(entry.ordinal);
    entry.failures = retry.attempt;
    entry.crashes = retry.crashes;
    entry.firstAt = retry.firstAt;
    // Whatever was done to the clock on the wall: not longer than was asked for, and not shorter than none.
    const leftMs = retry.failedAt + retry.delayMs - Date.now();
    const waitMs = Math.min(Math.max(0, leftMs), retry.delayMs);
    // Both clocks as of now: the caller's may be as old as the last delivery has taken.
    entry.dueMs = waitMs === 0 ? 0 : performance.now() + waitMs;
    return true;
  }

  #readAgain(entry: Entry): boolean {
    const problem = this.readAnew(entry);
    if (problem === undefined) return true;
    this.#giveUp(entry.ordinal, problem);
    this.#parts.claims.settle(entry.slot);
    this.#parts.gate?.leave(entry);
    return false;
  }

  /** An entry whose record is not what was written cannot be delivered: it is counted as lost, loudly. */
  #giveUp(ordinal: number, problem: string): void {
    const { damaged, settlements } = this.#parts;
    damaged.note(ordinal, this.source, problem);
    settlements.add(ordinal, this.source.length, SettleKind.DAMAGED);
  }
}
