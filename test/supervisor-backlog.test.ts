// A hub with a million messages waiting that is killed is there again, below its supervisor, as soon as one with none, and
// has all of them. The time is printed; bench/ and docs/decisions/0020-the-supervisor.md measure it.
import { expect, it } from 'vitest';
import { HubProject } from './support/hub-project.js';
import { recount } from './support/naive-recount.js';
import { allGone } from './support/supervised-hub.js';
import { fixture, startHub } from './support/test-hub.js';

const WAITING = 1_000_000;
const KILLS = 3;

/** Published in one go; more would be more than the hub takes uncommitted. */
const BATCH = 10_000;

/** Many times what it takes; a start that reads its way through the backlog in memory would not come near. */
const BOUND_MS = 60_000;

it(`${WAITING} messages that wait are all there after each of ${KILLS} kills of the hub`, {
  timeout: 600_000,
}, async () => {
  // Its consumer holds on to the first message, so that the backlog stays.
  const consumers = { a: { module: fixture('wait-for-file'), topics: ['test.>'], options: { file: './go' } } };
  const config = { http: false, drainTimeoutMs: 0, consumers } as const;
  const project = new HubProject({ 'hub.config.json': JSON.stringify(config) });
  const filling = await startHub(config, { baseDir: project.folder, only: [] });
  for (let from = 0; from < WAITING; from += BATCH) {
    await Promise.all(Array.from({ length: BATCH }, (_, at) => filling.publish('test.number', String(from + at))));
  }
  await filling.stop();

  const hub = project.supervised();
  const pids = [await hub.ready()];
  for (let kill = 1; kill <= KILLS; kill++) {
    const killedAtMs = performance.now();
    process.kill(pids.at(-1) as number, 'SIGKILL');
    pids.push(await hub.ready(kill));
    const tookMs = performance.now() - killedAtMs;
    console.log(`supervisor-backlog.test.ts: ready ${Math.round(tookMs)} ms after the kill, with ${WAITING} waiting`);
    expect(tookMs).toBeLessThan(BOUND_MS);
    const [a] = (await project.status()).consumers;
    expect(a).toMatchObject({ backlog: WAITING });
  }
  await hub.stop();
  await allGone(...pids);
  expect(recount(project.path('data')).get('a')).toEqual({ enqueued: WAITING, settled: 0, backlog: WAITING });
});
