// How many messages a second go from one hub's publish() through its queue, a PUSH publisher, the PULL source of a
// second hub and its queue to a consumer there, both durable, beside what a bare receive() loop takes.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeHub, untilSettled } from '../hub/bench-hub.mjs';
import { outcomeOf, planRun } from '../traffic/counted-run.mjs';

/** @param {import('../runner/scenario.mjs').Task} task */
const planOf = ({ quick, dir }) => planRun(dir, 1, 50_000, quick ? 75_000 : 200_000);

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
  name: 'bus-to-bus',
  title: 'one hub to another in its own process over PUSH and PULL, both durable; beside a bare receive loop',
  unit: 'messages/s',
  better: 'higher',
  rows: [{ consumers: 1 }],

  // The native library is loaded where it is used: other scenarios run without it.
  async figure(task) {
    const { zeromq } = await import('@penstock/zeromq');
    const { freePort } = await import('../peers/server.mjs');
    const { startPublishingHub } = await import('../hub/publishing-hub.mjs');
    const run = planOf(task);
    const endpoint = `tcp://127.0.0.1:${await freePort()}`;
    const source = zeromq({ pull: [{ bind: endpoint }] });
    const hub = await makeHub({ dir: task.dir, consumers: run.consumers, options: run.tally, sources: [source] });
    await hub.start();
    const firstDir = join(task.dir, 'first');
    mkdirSync(firstDir);
    const first = await startPublishingHub(endpoint, firstDir);
    await first.send(0, run.warmup);
    await untilSettled(hub, run.warmup);
    const startedAt = await first.send(run.warmup, run.size);
    await untilSettled(hub, run.size);
    first.stop();
    await hub.stop();
    return resultOf(run, startedAt);
  },

  async reference(task) {
    const { runBareReceiver } = await import('../lanes/bare-receiver.mjs');
    const run = planOf(task);
    return resultOf(run, await runBareReceiver(run));
  },
};
