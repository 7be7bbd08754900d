// The main thread's side of the probe: what each consumer class says of itself, or why it cannot be loaded.
import { Worker } from 'node:worker_threads';
import { fromErrorData, PenstockError } from '../../errors.js';
import type { ProbedClass, ProbeRequest, ProbeResult } from './protocol.js';

/** A module that has not been loaded by then waits for something that does not come. */
const TIMEOUT_MS = 60_000;

/**
 * Loads consumers' modules in a thread of their own.
 *
 * @returns What each consumer's class says of itself, by the consumer's name.
 * @throws CONSUMER_LOAD_FAILED, one line for each consumer that cannot be loaded.
 */
export async function probeConsumers(consumers: ProbeRequest['consumers']): Promise<Map<string, ProbedClass>> {
  const classes = new Map<string, ProbedClass>();
  const failures: string[] = [];
  if (consumers.length === 0) return classes;
  const answered = new Set<string>();
  await new Promise<void>((resolve) => {
    const worker = new Worker(new URL('./main.js', import.meta.url), {
      name: 'penstock probe',
      workerData: { consumers } satisfies ProbeRequest,
    });
    let why = 'its module ended the thread that loaded it';
    const timer = setTimeout(() => {
      why = `its module was not loaded within ${TIMEOUT_MS / 1_000} s`;
      void worker.terminate();
    }, TIMEOUT_MS);
    worker.on('message', (result: ProbeResult) => {
      answered.add(result.consumer);
      if (result.type === 'loaded') classes.set(result.consumer, result);
      else failures.push(fromErrorData(result.error).message);
    });
    worker.on('error', (error) => {
      why = `its module failed after it was loaded: ${error instanceof Error ? error.message : String(error)}`;
    });
    worker.on('exit', () => {
      clearTimeout(timer);
      // The first that has no answer is the one that ended the thread; those after it were not tried.
      const guilty = consumers.find(({ consumer }) => !answered.has(consumer));
      if (guilty !== undefined) failures.push(`consumer "${guilty.consumer}": ${why}`);
      resolve();
    });
  });
  if (failures.length > 0) throw new PenstockError('CONSUMER_LOAD_FAILED', failures.join('\n'));
  return classes;
}
