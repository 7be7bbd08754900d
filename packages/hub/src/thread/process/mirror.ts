// A consumer's own process has shared memory of its own. What of it the hub has to know is taken there now and then, as a
// mirror, and put into the hub's memory of the queue: an older state, which is true all the same (docs/decisions/0019).
import { publishHeld, readHeld, readInFlight } from '../../queue/held.js';
import { type Interval, IntervalSet } from '../../queue/interval-set.js';
import { type QueueShared, type SharedHistogram, ThreadShared } from '../../queue/shared.js';

/** What one thread's part of the memory says. */
export interface ThreadMirror {
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  readonly settled: number;
  readonly settledBytes: number;
  /** Of a partitioned queue, the thread's own. */
  readonly cursor: number;
  /** Counts, and behind them the sum. */
  readonly consumeDuration: Float64Array;
  readonly queueWait: Float64Array;
  /** From and to of each interval that it holds below the cursor, in order. */
  readonly held: Float64Array;
  /** Ordinals whose deliveries are in flight. */
  readonly inFlight: readonly number[];
}

/** What a queue's memory says at one moment. */
export interface QueueMirror {
  readonly cursor: number;
  readonly threads: readonly ThreadMirror[];
  /** Turns drawn under the rate limit, … */
  readonly rateTurn: bigint;
  /** … and when, for each of them since the mirror before: the last ones, in the order of their turns. */
  readonly rateTurns: BigInt64Array;
}

/** The words that are not to be copied: which list of held entries is current follows from putting them there. */
const NOT_COPIED = ThreadShared.HELD_VERSION;

/**
 * Takes a mirror. Cursors are read first, then what is held, since a thread holds before it claims: what lies below the
 * cursor and is not held is settled, and that is written in a log.
 *
 * @param rateTurnSeen What the mirror before had for `rateTurn`.
 */
export function takeMirror(queue: QueueShared, rateTurnSeen: bigint): QueueMirror {
  const cursor = queue.cursor.get();
  const cursors = queue.threads.map((thread) => thread.cursor.get());
  const threads = queue.threads.map((thread, index) => {
    const own = cursors[index] as number;
    return takeThread(thread, own, queue.shape.partitioned ? own : cursor);
  });
  const rateTurn = Atomics.load(queue.rateTurn, 0);
  return { cursor, threads, rateTurn, rateTurns: turnsBetween(queue, rateTurnSeen, rateTurn) };
}

function takeThread(thread: ThreadShared, cursor: number, bound: number): ThreadMirror {
  // As in the gauges: a thread counts outcomes before it counts what it has settled.
  const settled = thread.settled.get();
  const settledBytes = thread.settledBytes.get();
  return {
    settled,
    settledBytes,
    cursor,
    words: thread.words.slice(),
    numbers: thread.numbers.slice(),
    consumeDuration: valuesOf(thread.consumeDuration),
    queueWait: valuesOf(thread.queueWait),
    inFlight: readInFlight(thread),
    held: heldBelow(thread, bound),
  };
}

/** What it has claimed since the cursor was read is left out: above the cursor nothing is settled, for whoever reads it. */
function heldBelow(thread: ThreadShared, bound: number): Float64Array {
  const held = IntervalSet.of(readHeld(thread).filter(({ from, to }) => from < to));
  held.dropFrom(bound);
  return Float64Array.from([...held].flatMap(({ from, to }) => [from, to]));
}

function valuesOf({ counts, sum }: SharedHistogram): Float64Array {
  const values = new Float64Array(counts.length + 1);
  values.set(counts);
  values[counts.length] = sum;
  return values;
}

/** A place of the ring may be drawn before its turn is counted: the one at `to` is among them. */
function turnsBetween({ rateTurns }: QueueShared, from: bigint, to: bigint): BigInt64Array {
  const length = BigInt(rateTurns.length);
  if (length === 0n) return new BigInt64Array(0);
  const count = Number(to - from < length ? to - from + 1n : length);
  const first = to - BigInt(count - 1);
  return BigInt64Array.from({ length: count }, (_, index) =>
    Atomics.load(rateTurns, Number((first + BigInt(index)) % length)),
  );
}

/**
 * Puts a mirror into the hub's memory of the queue: what is held first, then the cursors. Who reads the cursor and then
 * what is held finds, whenever that is, nothing settled that is not.
 */
export function applyMirror(queue: QueueShared, mirror: QueueMirror): void {
  for (const [index, each] of mirror.threads.entries()) {
    const thread = queue.threads[index];
    if (thread !== undefined) applyThread(thread, each);
  }
  for (const [index, { cursor }] of mirror.threads.entries()) queue.threads[index]?.cursor.set(cursor);
  queue.cursor.set(mirror.cursor);
  const { rateTurn, rateTurns } = mirror;
  for (const [index, drawnNs] of rateTurns.entries()) {
    const turn = rateTurn - BigInt(rateTurns.length - 1 - index);
    // While the first round of the ring is drawn, there are more places than turns.
    if (turn >= 0n) Atomics.store(queue.rateTurns, Number(turn % BigInt(queue.rateTurns.length)), drawnNs);
  }
  Atomics.store(queue.rateTurn, 0, rateTurn);
}

function applyThread(thread: ThreadShared, mirror: ThreadMirror): void {
  for (const [slot, word] of mirror.words.entries()) {
    if (slot !== NOT_COPIED) Atomics.store(thread.words, slot, word);
  }
  thread.numbers.set(mirror.numbers);
  thread.consumeDuration.set(mirror.consumeDuration);
  thread.queueWait.set(mirror.queueWait);
  thread.settledBytes.set(mirror.settledBytes);
  thread.settled.set(mirror.settled);
  publishHeld(thread, intervalsOf(mirror.held));
}

function* intervalsOf(pairs: Float64Array): IterableIterator<Interval> {
  for (let at = 0; at < pairs.length; at += 2) yield { from: pairs[at] as number, to: pairs[at + 1] as number };
}
