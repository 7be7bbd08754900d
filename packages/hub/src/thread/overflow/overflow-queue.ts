// Keeps one queue's backlog at its bound: claims the oldest entries that wait, as a thread of the consumer would, and
// settles them as dropped or as dead letters. What is in flight, or waits for a retry, is left alone.
import type { MaxBacklog } from '../../consumer.js';
import type { Logger } from '../../consumer-context.js';
import { toErrorData } from '../../errors.js';
import { AT, RECORD_HEADER_BYTES } from '../../journal/record.js';
import { ENTRIES_PER_READ, Entries, type IndexReader } from '../../queue/index-reader.js';
import type { QueueShared } from '../../queue/shared.js';
import { SettleKind, SettleReason } from '../../settlement/settle-record.js';
import { EpisodeLog } from '../../telemetry/episode-log.js';
import type { Claims } from '../worker/claims.js';
import type { EntryReader } from '../worker/entry-reader.js';
import type { Settlements } from '../worker/settlements.js';

/** How long dead letters that could not be written wait to be tried again. */
const AGAIN_AFTER_MS = 1_000;

export interface OverflowQueueParts {
  readonly consumer: string;
  readonly queue: QueueShared;
  readonly maxBacklog: MaxBacklog;
  readonly whenFull: 'drop-oldest' | 'dead-letter';
  readonly claims: Pick<Claims, 'claim' | 'caughtUp' | 'next' | 'left' | 'hasSlot' | 'advance' | 'detach' | 'settle'>;
  readonly settlements: Settlements;
  /** Tells how long the entries are. */
  readonly indexes: IndexReader;
  /** Reads the records of dead letters, and of what a log line names. */
  readonly records: EntryReader;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** An entry whose dead letter is to be written, and its slot. */
interface UnderWay {
  readonly ordinal: number;
  readonly slot: number;
}

export class OverflowQueue {
  readonly #parts: OverflowQueueParts;
  readonly #entries = new Entries();
  readonly #lines: EpisodeLog<string>;
  readonly #troubles: EpisodeLog<string>;
  /** Ordinals of dead letters that could not be written. */
  #failed: UnderWay[] = [];
  #again: NodeJS.Timeout | undefined;

  constructor(parts: OverflowQueueParts) {
    this.#parts = parts;
    const { consumer, log, whenFull } = parts;
    const [did, where] =
      whenFull === 'drop-oldest' ? ['dropped', 'are dropped'] : ['made dead letters', 'become dead letters'];
    const queue = `the queue of consumer "${consumer}"`;
    this.#lines = new EpisodeLog({
      began: (oldest) =>
        log.warn(`${queue} is full (${limitOf(parts.maxBacklog)}): its oldest messages ${where}, from ${oldest} on`),
      wentOn: (count, oldest) => log.warn(`${queue} is full: ${count} more messages were ${did}, from ${oldest} on`),
      over: (total) => log.warn(`${queue} is not full any more: ${total} messages were ${did}`),
    });
    this.#troubles = new EpisodeLog({
      began: (why) =>
        log.error(`${queue} is full, and its dead letters cannot be written: ${why}; tried again each second`),
      wentOn: (_, why) => log.error(`${queue} is full, and its dead letters cannot be written: ${why}`),
      over: () => log.info(`${queue}: dead letters are written again`),
    });
  }

  /**
   * Takes out some of what is too much, and writes it down.
   *
   * @param again Called when there may be something to do although nothing was enqueued.
   * @returns Whether there may be more to take out at once.
   */
  takeSome(again: () => void): boolean {
    const { claims, settlements } = this.#parts;
    if (this.#again !== undefined) return false;
    if (this.#failed.length > 0) {
      for (const entry of this.#failed.splice(0)) this.#keepAgain(entry);
      settlements.flush();
    }
    let more = false;
    if (this.#failed.length === 0) {
      const tooMany = this.#tooMany();
      if (claims.claim(tooMany)) {
        const first = claims.next;
        this.#lines.note(claims.left, () => this.#describe(first));
        while (claims.left > 0) this.#take();
        more = true;
      } else more = tooMany > 0 && !claims.caughtUp;
    }
    settlements.flush();
    if (this.#failed.length === 0) return more;
    this.#again = setTimeout(() => {
      this.#again = undefined;
      again();
    }, AGAIN_AFTER_MS);
    return false;
  }

  /** Writes the log lines that are due, and lets go of timers. */
  close(): void {
    clearTimeout(this.#again);
    this.#lines.end();
    this.#troubles.end();
  }

  /** How many of the oldest are too many, as far as one look tells; 0 when the queue is not over its bound. */
  #tooMany(): number {
    const { queue, maxBacklog } = this.#parts;
    const { messages = Number.POSITIVE_INFINITY, bytes = Number.POSITIVE_INFINITY } = maxBacklog;
    const tooMany = Math.max(0, queue.backlog() - messages);
    const tooManyBytes = Number.isFinite(bytes) ? queue.backlogBytes() - bytes : 0;
    if (tooManyBytes <= 0) return Math.min(tooMany, ENTRIES_PER_READ);
    return Math.min(Math.max(tooMany, this.#countOf(tooManyBytes)), ENTRIES_PER_READ);
  }

  /** How many entries from the cursor on have so many bytes. */
  #countOf(bytes: number): number {
    const { indexes, queue } = this.#parts;
    indexes.read(queue.lowestCursor(), ENTRIES_PER_READ, this.#entries);
    let count = 0;
    for (let left = bytes; left > 0 && count < this.#entries.count; count++) {
      left -= this.#entries.lengths[count] as number;
    }
    return Math.max(1, count);
  }

  #take(): void {
    const { claims, settlements, whenFull } = this.#parts;
    const ordinal = claims.next;
    if (whenFull === 'drop-oldest') {
      settlements.add(ordinal, this.#lengthOf(ordinal), SettleKind.DROPPED, SettleReason.QUEUE_FULL);
      claims.advance();
    } else {
      if (!claims.hasSlot) settlements.flush();
      const slot = claims.detach();
      this.#keep({ ordinal, slot }, this.#parts.records.read(ordinal, claims.left + 1));
    }
  }

  #keepAgain(entry: UnderWay): void {
    this.#keep(entry, this.#parts.records.readAnew(entry.ordinal));
  }

  /** Makes an entry whose record was read a dead letter. */
  #keep({ ordinal, slot }: UnderWay, problem: string | undefined): void {
    const { claims, settlements, records, log, consumer } = this.#parts;
    const { length } = records;
    if (problem !== undefined) {
      log.error(`consumer "${consumer}": entry ${ordinal} cannot be made a dead letter: ${problem}`);
      settlements.add(ordinal, length, SettleKind.DAMAGED);
      claims.settle(slot);
      return;
    }
    const now = Date.now();
    const letter = {
      ordinal,
      record: records.slab.bytes.subarray(records.at, records.at + length),
      reason: SettleReason.QUEUE_FULL,
      text: 'the queue was full',
      error: undefined,
      attempts: 0,
      firstAt: now,
      lastAt: now,
    };
    settlements.dead(letter, length, (failure) => {
      if (failure === undefined) {
        claims.settle(slot);
        return;
      }
      this.#failed.push({ ordinal, slot });
      this.#troubles.note(1, () => toErrorData(failure).message);
    });
  }

  #lengthOf(ordinal: number): number {
    const index = ordinal - this.#entries.ordinal;
    if (index >= 0 && index < this.#entries.count) return this.#entries.lengths[index] as number;
    const { indexes, claims } = this.#parts;
    indexes.read(ordinal, claims.left, this.#entries);
    return this.#entries.count === 0 ? 0 : (this.#entries.lengths[0] as number);
  }

  /** `position 4711 ("orders.paid")` */
  #describe(ordinal: number): string {
    const { records } = this.#parts;
    if (records.read(ordinal, 1) !== undefined) return `entry ${ordinal}`;
    const { slab, at, position } = records;
    const topicAt = at + RECORD_HEADER_BYTES;
    const topicBytes = slab.view.getUint16(at + AT.topicLength, true);
    return `position ${position} (${JSON.stringify(slab.bytes.toString('utf8', topicAt, topicAt + topicBytes))})`;
  }
}

function limitOf({ messages, bytes }: MaxBacklog): string {
  const limits = [
    [messages, 'messages'],
    [bytes, 'bytes'],
  ] as const;
  return limits
    .filter(([most]) => most !== undefined)
    .map(([most, unit]) => `${most?.toLocaleString('en-US')} ${unit}`)
    .join(' or ');
}
