// A consumer thread of the bare lane: reads the journal file up to the committed position, makes an object of each
// record and passes it through `await consume()` of the very class that the hub runs.
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import Counting from '../consumers/counting.mjs';
import { TOPIC_PATTERN } from '../traffic/messages.mjs';
import { CHUNK_BYTES, RECORD_HEADER_BYTES } from './bare-lane.mjs';

/** Deliveries between two turns of the event loop. */
const DELIVERIES_A_TURN = 1024;

const turn = () => new Promise((resolve) => setImmediate(resolve));
const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
const { file, wake, committed, warmup, messages, consumer, tally } =
  /** @type {import('./bare-lane.mjs').LaneThread} */ (workerData);

const context = { consumer, threadIndex: 0, options: tally };
const counting = new Counting();
counting.open(/** @type {any} */ (context));

const fd = openSync(file, 'r');
const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
// Atomics.waitAsync does not keep a thread alive.
const keepAlive = setInterval(() => {}, 1e6);
port.postMessage('ready');

let position = 0;
let seen = 0;
while (seen < messages) {
  const commit = Atomics.load(wake, 0);
  const end = Number(Atomics.load(committed, 0));
  if (position >= end) {
    const wait = Atomics.waitAsync(wake, 0, commit);
    if (wait.async) await wait.value;
    continue;
  }
  const got = readSync(fd, chunk, 0, Math.min(CHUNK_BYTES, end - position), position);
  let at = 0;
  while (at + RECORD_HEADER_BYTES <= got) {
    const bodyAt = at + RECORD_HEADER_BYTES;
    const nextAt = bodyAt + chunk.readUInt32LE(at);
    if (nextAt > got) break;
    // The chunk is read into again, and a consumer may keep a body: so each has its own bytes.
    const body = Buffer.from(chunk.subarray(bodyAt, nextAt));
    const message = { sequence: chunk.readDoubleLE(at + 8), topic: TOPIC_PATTERN, body, attempt: 1 };
    await counting.consume(message);
    at = nextAt;
    if (++seen === warmup) port.postMessage('warm');
    if (seen % DELIVERIES_A_TURN === 0) await turn();
  }
  position += at;
}
closeSync(fd);
counting.close(context);
clearInterval(keepAlive);
port.postMessage('done');
