// A stream through a hub of its own, from publish() until its consumer has seen the last message, or from a queue that is
// full already: what the scenarios have in common that set one kind of consumer beside another.
import { monotonicMs } from '../traffic/clock.mjs';
import { outcomeOf } from '../traffic/counted-run.mjs';
import { messageAt } from '../traffic/messages.mjs';
import { publishRange } from '../traffic/publish.mjs';
import { makeHub, untilSettled } from './bench-hub.mjs';

/** @typedef {Omit<import('./bench-hub.mjs').BenchHub, 'dir' | 'consumers' | 'options'>} Spec */

/**
 * Measures how many messages a second a run's consumers take.
 *
 * @param {import('../traffic/counted-run.mjs').CountedRun} run
 * @param {Spec} spec of the hub, durable by default
 * @param {typeof messageAt} [at] what makes the messages
 * @returns {Promise<import('../runner/scenario.mjs').Measurement>}
 */
export async function measureStream(run, spec, at = messageAt) {
  const hub = await warmHub(run, spec, at);
  const startedAt = monotonicMs();
  await publishRange(hub, run.warmup, run.size, at);
  return measurementOf(run, hub, startedAt);
}

/**
 * The same, of messages that all wait in the queues before the consumers may begin: nobody publishes meanwhile, and what
 * the consumers cost is not hidden behind it.
 *
 * @param {import('../traffic/counted-run.mjs').CountedRun} run
 * @param {Spec} spec of the hub, durable by default
 * @param {typeof messageAt} [at] what makes the messages
 * @returns {Promise<import('../runner/scenario.mjs').Measurement>}
 */
export async function measureBacklog(run, spec, at = messageAt) {
  const hub = await warmHub(run, spec, at);
  for (const consumer of run.consumers) await hub.pause(consumer);
  await publishRange(hub, run.warmup, run.size, at);
  const startedAt = monotonicMs();
  await Promise.all(run.consumers.map((consumer) => hub.resume(consumer)));
  return measurementOf(run, hub, startedAt);
}

/**
 * @param {import('../traffic/counted-run.mjs').CountedRun} run
 * @param {Spec} spec
 * @param {typeof messageAt} at
 */
async function warmHub(run, spec, at) {
  const hub = await makeHub({ ...spec, dir: run.tally.dir, consumers: run.consumers, options: run.tally });
  await hub.start();
  await publishRange(hub, 0, run.warmup, at);
  await untilSettled(hub, run.warmup);
  return hub;
}

/**
 * @param {import('../traffic/counted-run.mjs').CountedRun} run
 * @param {import('@penstock/hub').Hub} hub
 * @param {number} startedAt
 */
async function measurementOf(run, hub, startedAt) {
  await untilSettled(hub, run.size);
  await hub.stop();
  const { messagesPerSecond, lost, repeated } = outcomeOf(run, startedAt);
  return { value: messagesPerSecond, lost, repeated };
}
