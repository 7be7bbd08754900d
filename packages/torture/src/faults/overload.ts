// Ten times as many messages as a consumer can take, and beside it one that takes a hundredth of what it does. Queues grow on
// disk and not in memory, and the others are as fast as they are without the slowest one.
import { setTimeout as sleep } from 'node:timers/promises';
import { askToPause, askToResume } from '@penstock/hub/control';
import type { Fault, Scene } from '../harness/fault.js';
import { judgeGrowth, type MemorySample, sampleMemory } from './resident-memory.js';

/** How long a delivery takes in the two that are too slow for what is offered, in milliseconds. */
const STEADY_MS = 5;
const SLOWEST_MS = 100 * STEADY_MS;

/** Messages a second: ten times what `steady` takes. */
const OFFERED_PER_SECOND = 10 * (1_000 / STEADY_MS);

/** Turns without the slowest one and with it, one after the other, so that what else the machine does falls into both. */
const TURNS_OF_EACH = 4;

const SAMPLE_EVERY_MS = 200;

export interface OverloadOptions {
  /** How long a cycle takes. */
  readonly seconds: number;
  /** The least that the other's rate may be, as a share of what it is without the slowest. */
  readonly leastShare: number;
}

/** Makes the fault. */
export const overloadOf = ({ seconds, leastShare }: OverloadOptions): Fault => ({
  name: 'overload',
  what: 'ten times what a consumer takes, beside one that takes a hundredth of that',
  settings: {
    consumers: {
      fast: { module: 'taking' },
      steady: { module: 'taking', sleepMs: STEADY_MS },
      slowest: { module: 'taking', sleepMs: SLOWEST_MS },
    },
  },
  load: [{ name: 'flood', way: 'control', perSecond: OFFERED_PER_SECOND, together: 40 }],
  missing: () => (process.platform === 'linux' ? undefined : 'no /proc'),
  async cycle(scene) {
    const { hub, producers, figures } = scene;
    await hub.running();
    producers.start();
    const turnMs = (seconds * 1_000) / (2 * TURNS_OF_EACH);
    const samples: MemorySample[] = [];
    let [alone, together] = [0, 0];
    for (let turn = 0; turn < TURNS_OF_EACH; turn++) {
      await askToPause(hub.client, ['slowest'], 'measuring the others without it');
      alone += await rateDuring(scene, turnMs, samples);
      await askToResume(hub.client, ['slowest']);
      together += await rateDuring(scene, turnMs, samples);
    }
    await producers.pause();
    judgeGrowth(scene, samples);
    const share = together / alone;
    figures.add('shareOfAlone', share);
    if (!(share >= leastShare)) {
      const [withIt, withoutIt] = [together, alone].map((rates) => `${(rates / TURNS_OF_EACH).toFixed(0)}/s`);
      scene.problem(`steady took ${withIt} beside the slowest consumer, and ${withoutIt} without it`);
    }
  },
});

/** In a torture run, beside which other things may go on. */
export const overload: Fault = overloadOf({ seconds: 16, leastShare: 0.75 });

/** What `steady` settles a second, for so long. Looks at the hub's memory meanwhile. */
async function rateDuring({ hub, producers }: Scene, forMs: number, samples: MemorySample[]): Promise<number> {
  const look = async () => {
    const { pid, consumers } = await hub.running();
    samples.push(sampleMemory(pid, producers.acceptedBytes));
    return consumers.find(({ consumer }) => consumer === 'steady')?.settledTotal.acknowledged ?? 0;
  };
  const [before, beganAtMs] = [await look(), performance.now()];
  while (performance.now() - beganAtMs < forMs) {
    await sleep(SAMPLE_EVERY_MS);
    await look();
  }
  const tookMs = performance.now() - beganAtMs;
  return ((await look()) - before) / (tookMs / 1_000);
}
