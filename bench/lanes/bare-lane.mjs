// The floor under the fan-out scenario: what Node does on this machine with one journal file, one shared position
// and K threads that read the file themselves, and nothing else. No headers, routing, checksum, queue or settling.
import { closeSync, fdatasync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { allSay } from '../runner/all-say.mjs';
import { monotonicMs } from '../traffic/clock.mjs';
import { BODY_BYTES, messageAt } from '../traffic/messages.mjs';

/** Bytes before each body: u32 length, u32 unused, f64 sequence number. */
export const RECORD_HEADER_BYTES = 16;

/** How much is written, and read, at a time. */
export const CHUNK_BYTES = 256 * 1024;

/** Appends between two turns of the event loop, in which a finished sync is seen. */
const APPENDS_A_TURN = 512;

const turn = () => new Promise((resolve) => setImmediate(resolve));

/**
 * What a thread of the lane works with.
 *
 * @typedef {object} LaneThread
 * @property {string} file the journal
 * @property {Int32Array} wake slot 0: counts commits; notified at each. Written by main
 * @property {BigInt64Array} committed slot 0: bytes of the file that are durable. Written by main
 * @property {number} warmup messages after which it says so
 * @property {number} messages messages in all
 * @property {string} consumer
 * @property {import('../traffic/tally.mjs').TallyPlan} tally
 */

/**
 * Appends `warmup` messages, waits until all threads have seen them, appends the rest and waits again.
 *
 * @param {string} dir an empty directory
 * @param {import('../traffic/counted-run.mjs').CountedRun} run one thread for each of its consumers
 * @returns {Promise<number>} when the first message after the warm-up was appended, monotonic milliseconds
 */
export async function runBareLane(dir, { warmup, size, consumers, tally }) {
  const file = join(dir, 'journal');
  const journal = new Journal(file);
  const threads = consumers.map((consumer) => {
    /** @type {LaneThread} */
    const workerData = { file, ...journal.shared, warmup, messages: size, consumer, tally };
    return new Worker(new URL('./bare-lane-thread.mjs', import.meta.url), { workerData });
  });
  try {
    await allSay(threads, 'ready');
    const warm = allSay(threads, 'warm');
    await journal.append(0, warmup);
    await warm;
    const done = allSay(threads, 'done');
    const startedAt = monotonicMs();
    await journal.append(warmup, size);
    await done;
    return startedAt;
  } finally {
    journal.close();
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

/** One file, appended to in chunks; synced off the main thread, as many chunks at once as came in meanwhile. */
class Journal {
  shared = {
    wake: new Int32Array(new SharedArrayBuffer(4)),
    committed: new BigInt64Array(new SharedArrayBuffer(8)),
  };
  #chunk = Buffer.allocUnsafe(CHUNK_BYTES + RECORD_HEADER_BYTES + BODY_BYTES);
  #used = 0;
  #written = 0;
  #synced = 0;
  #syncing = false;
  #fd;

  /** @param {string} file */
  constructor(file) {
    this.#fd = openSync(file, 'w');
  }

  /**
   * Appends the messages `from` to `to` (exclusive); resolves when all are durable.
   *
   * @param {number} from
   * @param {number} to
   */
  async append(from, to) {
    for (let sequence = from; sequence < to; sequence++) {
      const { body } = messageAt(sequence);
      this.#chunk.writeUInt32LE(body.length, this.#used);
      this.#chunk.writeDoubleLE(sequence, this.#used + 8);
      body.copy(this.#chunk, this.#used + RECORD_HEADER_BYTES);
      this.#used += RECORD_HEADER_BYTES + body.length;
      if (this.#used >= CHUNK_BYTES) this.#flush();
      if (sequence % APPENDS_A_TURN === 0) await turn();
    }
    this.#flush();
    while (this.#synced < this.#written) await turn();
  }

  #flush() {
    if (this.#used === 0) return;
    writeSync(this.#fd, this.#chunk, 0, this.#used);
    this.#written += this.#used;
    this.#used = 0;
    if (!this.#syncing) this.#sync();
  }

  #sync() {
    const upTo = this.#written;
    this.#syncing = true;
    fdatasync(this.#fd, (error) => {
      if (error) throw error;
      this.#syncing = false;
      this.#synced = upTo;
      Atomics.store(this.shared.committed, 0, BigInt(upTo));
      Atomics.add(this.shared.wake, 0, 1);
      Atomics.notify(this.shared.wake, 0);
      if (this.#written > upTo) this.#sync();
    });
  }

  close() {
    closeSync(this.#fd);
  }
}
