// Damage to the files of a data directory while no hub runs: flipped bits, a file cut short, zeroed bytes. The next hub has to
// be ready all the same, to deliver what is whole, never wrong bytes, and to count what is not: so many may be missing.
import { setTimeout as sleep } from 'node:timers/promises';
import { askToPause, askToResume } from '@penstock/hub/control';
import type { Fault, Scene } from '../harness/fault.js';
import { DRAIN_TIMEOUT_MS, JUDGED } from '../harness/scratch-project.js';
import { damageOneFile } from './damaged-file.js';

/** How long a hub is under load before it ends, at most, in milliseconds. */
const MOST_MS = 400;

/** How much longer than its drain time a stop may take before it becomes a kill, in milliseconds. */
const BEYOND_DRAIN_MS = 10_000;

/** What waits for them is what damage to a segment costs; the others write settle logs and dead letters meanwhile. */
const PAUSED = ['slow', 'strict', 'isolated'];

/** @param only The ends of the names of the files that are damaged; any without. */
export const damageOf = (only?: string): Fault => ({
  name: 'damage',
  what: 'flipped bits, cuts and zeroed bytes in one of its files, while no hub runs',
  settings: { consumers: JUDGED },
  missing: () => undefined,
  async cycle(scene) {
    const { hub, project, producers, random, figures } = scene;
    await hub.running();
    await askToPause(hub.client, PAUSED, 'torture');
    producers.start();
    await producers.untilAccepted();
    await sleep(random.between(0, MOST_MS));
    if (random.between(0, 1) === 0) await hub.kill('both');
    else await hub.terminate(DRAIN_TIMEOUT_MS + BEYOND_DRAIN_MS);
    const done = damageOneFile(project.dataDir, random, only);
    const beganAtMs = performance.now();
    await hub.running();
    figures.add('readyMs', performance.now() - beganAtMs);
    await askToResume(hub.client, PAUSED);
    await count(scene, done);
  },
});

export const damage = damageOf();

/** A hub counts what it cannot deliver when its turn comes, and from 0 with each start: what waits is waited for. */
async function count(scene: Scene, done: string): Promise<void> {
  const { hub, project, damaged, figures } = scene;
  const { pid } = await hub.running();
  await scene.emptied();
  const snapshot = await hub.running();
  if (snapshot.pid !== pid) scene.problem(`the hub did not last, after ${done}`);
  const judged = new Set(project.judged.map(({ consumer }) => consumer));
  for (const { consumer, settledTotal } of snapshot.consumers) {
    if (!judged.has(consumer)) continue;
    damaged.set(consumer, (damaged.get(consumer) ?? 0) + settledTotal.damaged);
    figures.add('countedDamaged', settledTotal.damaged);
  }
}
