// Loads the consumers' modules once, in a thread of its own, and tells what their classes say of themselves:
// a user's module is never loaded into the main thread, whatever it does while it loads.
import { parentPort, workerData } from 'node:worker_threads';
import { PenstockError, toErrorData } from '../../errors.js';
import { CONSUMER_STATICS, isBatch, loadConsumer } from '../worker/load-consumer.js';
import type { ProbeRequest, ProbeResult } from './protocol.js';

process.setSourceMapsEnabled(true);

/** Functions and symbols cannot cross threads, and `options` is said to be plain data. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : structuredClone(value);
}

for (const { consumer, url } of (workerData as ProbeRequest).consumers) {
  let result: ProbeResult;
  try {
    const Loaded = await loadConsumer(consumer, url);
    result = {
      type: 'loaded',
      consumer,
      className: Loaded.name,
      batch: isBatch(Loaded),
      statics: Object.fromEntries(CONSUMER_STATICS.map((name) => [name, plain(Loaded[name])])),
    };
  } catch (error) {
    const known =
      error instanceof PenstockError
        ? error
        : new PenstockError(
            'CONSUMER_LOAD_FAILED',
            `consumer "${consumer}": its statics are no plain data: ${toErrorData(error).message}`,
          );
    result = { type: 'failed', consumer, error: toErrorData(known) };
  }
  parentPort?.postMessage(result);
}
process.exit();
