// kill -9 at random moments: of the hub, of its supervisor, or of both at once; while it starts, and under load.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../harness/fault.js';
import type { Victim } from '../harness/hub-under-torture.js';
import { JUDGED } from '../harness/scratch-project.js';

/** The kill comes at the latest so long after the hub was started, or after it ran. */
const MOST_MS = 400;

/** Each so-manieth kill comes while the hub starts; the others when it has accepted something. */
const AT_START_EVERY = 5;

const VICTIMS: readonly Victim[] = ['hub', 'supervisor', 'both'];

export const kill: Fault = {
  name: 'kill',
  what: 'kill -9 of the hub, of its supervisor or of both, at random moments',
  settings: { consumers: JUDGED },
  missing: () => undefined,
  async cycle({ hub, producers, random, figures, cycles }) {
    const beganAtMs = performance.now();
    hub.start();
    producers.start();
    if (cycles % AT_START_EVERY !== 0) {
      await hub.running();
      figures.add('readyMs', performance.now() - beganAtMs);
      await producers.untilAccepted();
    }
    await sleep(random.between(0, MOST_MS));
    await hub.kill(random.pick(VICTIMS));
  },
};
