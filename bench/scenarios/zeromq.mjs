// How many messages a second come in from a ZeroMQ publisher in another process and through K consumers, durable,
// beside a bare receive() loop that the same publisher feeds.
import { makeHub, untilSettled } from '../hub/bench-hub.mjs';
import { outcomeOf, planRun } from '../traffic/counted-run.mjs';

/**
 * @param {import('../runner/scenario.mjs').Task} task
 * @param {number} consumers
 */
const planOf = ({ quick, dir }, consumers) => planRun(dir, consumers, 100_000, quick ? 100_000 : 400_000);

/**
 * @param {import('../traffic/counted-run.mjs').CountedRun} run
 * @param {number} startedAt
 */
function resultOf(run, startedAt) {
  const { messagesPerSecond, lost, repeated } = outcomeOf(run, startedAt);
  return { value: messagesPerSecond, lost, repeated };
}

/** @type {import('../runner/scenario.mjs').Scenario} */
export default {
  name: 'zeromq',
  title: 'PUSH in another process to a PULL source, durable, to K no-op consumers; beside a bare receive loop',
  unit: 'messages/s',
  better: 'higher',
  rows: [
    { consumers: 1, floor: 0.55, aim: 0.9 },
    { consumers: 4, floor: 0.4, aim: 0.75 },
  ],

  // The native library is loaded where it is used: other scenarios run without it.
  async figure(task) {
    const { zeromq } = await import('@penstock/zeromq');
    const { startPushPublisher } = await import('../lanes/push-publisher.mjs');
    const run = planOf(task, task.consumers);
    const publisher = await startPushPublisher();
    const source = zeromq({ pull: [{ connect: publisher.endpoint }] });
    const hub = await makeHub({ dir: task.dir, consumers: run.consumers, options: run.tally, sources: [source] });
    await hub.start();
    await publisher.send(0, run.warmup);
    await untilSettled(hub, run.warmup);
    const startedAt = await publisher.send(run.warmup, run.size);
    await untilSettled(hub, run.size);
    await hub.stop();
    publisher.stop();
    return resultOf(run, startedAt);
  },

  async reference(task) {
    const { runBareReceiver } = await import('../lanes/bare-receiver.mjs');
    const run = planOf(task, 1);
    return resultOf(run, await runBareReceiver(run));
  },
};
