// Messages that end or block the thread they are delivered to, whenever they are delivered: each becomes a dead letter after
// so many crashes, those around it are taken, and neither the hub nor another consumer notices.
import type { Fault } from '../harness/fault.js';
import { JUDGED } from '../harness/scratch-project.js';

/** How long a thread may block before it is ended, in milliseconds: longer than a machine that is busy keeps one waiting. */
const KILL_AFTER_MS = 1_000;

const MAX_CRASHES = 2;

const guilty = (name: string, what: string, kinds: readonly string[]): Fault => ({
  name,
  what,
  settings: {
    consumers: {
      strict: JUDGED.strict,
      keyed: JUDGED.keyed,
      troubled: {
        module: 'troubled',
        concurrency: 4,
        maxCrashes: MAX_CRASHES,
        stallMs: KILL_AFTER_MS / 4,
        killAfterMs: KILL_AFTER_MS,
      },
    },
  },
  missing: () => undefined,
  async cycle(scene) {
    const { hub, producers, random } = scene;
    const { pid } = await hub.running();
    producers.start();
    const deadLetters = await hub.deadLetters('troubled');
    await hub.publish(`torture.trouble.${random.pick(kinds)}`, 1, `always ${scene.cycles}`);
    await hub.until((snapshot) => {
      if (snapshot.pid !== pid) scene.problem('the hub itself ended');
      const troubled = snapshot.consumers.find(({ consumer }) => consumer === 'troubled');
      return snapshot.pid !== pid || (troubled?.deadLetters ?? 0) > deadLetters;
    });
  },
});

export const crash = guilty('crash', 'messages that end the thread they are delivered to', ['exit', 'throw', 'reject']);

export const stall = guilty('stall', 'messages that block the thread they are delivered to', ['block', 'loop']);
