// A queue whose messages have order keys, and holders that claim from it, end in the middle of anything, and start again;
// with a naive account beside it of who took what.
import { crc32 } from 'node:zlib';
import type { OrderKey } from '../../consumer.js';
import { JOURNAL, queueDirectory, WriterRig } from '../../enqueuer/writer/writer-rig.fixture.js';
import { clearSlots, publishHeld, readClaimed, readHeld, settledBelowCursor } from '../../queue/held.js';
import { type Interval, IntervalSet } from '../../queue/interval-set.js';
import { newQueue } from '../../queue/queue-shape.fixture.js';
import { type QueueShared, ThreadShared } from '../../queue/shared.js';
import { Claims } from './claims.js';
import { type ClaimSource, openClaimSource } from './claims-source.js';

const QUEUE = 1;
export const ORDER_KEY: OrderKey = { header: 'key' };
/** What a message's key is; undefined for none. */
export type Key = string | undefined;

export interface Taken {
  readonly ordinal: number;
  readonly holder: number;
}

/** Where a holder ends while it makes a claim. */
export type ClaimEnd = 'before' | 'after';

export class PartitionedQueue {
  #rig: WriterRig;
  /** By ordinal. */
  readonly keys: Key[] = [];
  /** By whoever ran since the last {@link restart}. */
  taken: Taken[] = [];
  readonly settled = new IntervalSet();
  readonly #keyedFrom: number;
  #settledBefore: readonly Interval[] = [];
  #claims: Claims[] = [];
  #endIn: ClaimEnd | undefined;
  #damaged = false;
  queue!: QueueShared;

  /** @param stale Keys of messages that were enqueued before the queue had an order key. */
  constructor(threads: number, stale: readonly Key[] = []) {
    this.#rig = new WriterRig(1);
    this.write(stale);
    this.#rig.writer.endSegment();
    this.#rig = new WriterRig(1, { files: this.#rig.files, clean: true, orderKeys: { [QUEUE]: ORDER_KEY } });
    this.#keyedFrom = stale.length;
    this.restart(threads, true);
  }

  write(keys: readonly Key[]): void {
    for (const key of keys) this.#rig.write([QUEUE], 'body', key === undefined ? {} : { key });
    this.#rig.writer.commit();
    this.keys.push(...keys);
    this.queue?.enqueued.set(this.keys.length);
  }

  /** Starts as a hub does: what is settled is known, and nothing of what was held. */
  restart(threads: number, partitioned: boolean): void {
    this.queue = newQueue({ threads, partitioned, overflow: true });
    this.queue.enqueued.set(this.keys.length);
    const begin = this.settled.firstMissing(0);
    this.queue.beginAt(begin);
    this.#settledBefore = [...this.settled].filter(({ from }) => from >= begin);
    this.taken = [];
    this.#claims = this.queue.holders.map((_, holder) => this.#claimsOf(holder, []));
  }

  /** Has a holder take up to `count` entries, which it claims `most` at a time. */
  take(holder: number, most: number, count: number): void {
    const claims = this.#claims[holder] as Claims;
    for (let left = count; left > 0 && (claims.left > 0 || claims.claim(most)); left--) {
      const ordinal = claims.next;
      const key = this.keys[ordinal];
      const isUnknown = key === undefined || this.#damaged || !this.queue.shape.partitioned;
      const expected = isUnknown ? 0 : crc32(key);
      if (claims.nextKeyHash !== expected) throw new Error(`entry ${ordinal} has the key hash ${claims.nextKeyHash}`);
      if (this.settled.has(ordinal)) throw new Error(`entry ${ordinal} was taken twice`);
      this.taken.push({ ordinal, holder });
      this.settled.add(ordinal, ordinal + 1);
      claims.advance();
    }
    claims.publish();
  }

  /** Ends a holder, in the middle of a claim where it is to make one, and gives what it leaves to the next. */
  end(holder: number, where?: ClaimEnd): void {
    const claims = this.#claims[holder] as Claims;
    this.#endIn = where;
    try {
      if (where !== undefined && claims.left === 0) claims.claim(20);
    } catch (error) {
      if (error !== ENDED) throw error;
    }
    this.#endIn = undefined;
    const thread = this.queue.holders[holder] as ThreadShared;
    const claimed = readClaimed(this.queue, thread);
    const others = this.queue.holders.filter((each) => each !== thread).flatMap(readHeld);
    const gone = IntervalSet.of([...this.settled, ...others]);
    const returned = [...IntervalSet.of(claimed)].flatMap(({ from, to }) => gone.gaps(from, to));
    publishHeld(thread, returned);
    clearSlots(thread);
    thread.words[ThreadShared.CLAIMING] = 0;
    this.#claims[holder] = this.#claimsOf(holder, returned);
  }

  /** Loses the index file, and with it which key each entry has. */
  loseIndex(): void {
    const directory = queueDirectory(QUEUE);
    for (const name of this.#rig.files.list(directory)) {
      if (name.endsWith('.idx')) this.#rig.files.remove(`${directory}/${name}`);
    }
    this.#damaged = true;
  }

  /** Has the threads take all there is. */
  drain(): void {
    for (const [holder] of this.queue.holders.entries()) {
      const claims = this.#claims[holder] as Claims;
      while (!claims.caughtUp || claims.left > 0) this.take(holder, 256, 256);
    }
  }

  /** Entries that everybody would take for settled, and that are not. */
  lost(): Interval[] {
    const settled = settledBelowCursor(this.queue) ?? [];
    return settled.flatMap(({ from, to }) => this.settled.gaps(from, to));
  }

  #claimsOf(holder: number, returned: readonly Interval[]): Claims {
    const thread = this.queue.holders[holder] as ThreadShared;
    return new Claims(this.queue, thread, returned, this.#settledBefore, this.#interruptible(holder));
  }

  #interruptible(holder: number): ClaimSource {
    const { files } = this.#rig;
    const options = {
      files,
      journalDirectory: JOURNAL,
      queueDirectory: queueDirectory(QUEUE),
      freshFrom: Number.POSITIVE_INFINITY,
      orderKey: ORDER_KEY,
      keyedFrom: this.#keyedFrom,
    };
    const source = openClaimSource(this.queue, options, holder < this.queue.threads.length ? holder : 'overflow');
    const cursorOf = (share: number) => {
      const cursor = source.cursorOf(share);
      const swap = (from: number, to: number) => {
        if (this.#endIn === 'before') throw ENDED;
        const swapped = cursor.swap(from, to);
        if (this.#endIn === 'after') throw ENDED;
        return swapped;
      };
      return Object.create(cursor, { get: { value: () => cursor.get() }, swap: { value: swap } });
    };
    return Object.create(source, {
      nextShare: { value: () => source.nextShare() },
      stretch: { value: source.stretch.bind(source) },
      keyHash: { value: source.keyHash.bind(source) },
      cursorOf: { value: cursorOf },
    });
  }
}

const ENDED = new Error('the holder ends here');
