// Messages that end or block the thread or the process they are delivered to, whenever they are delivered: each becomes a dead
// letter after so many crashes, those around it are taken and never condemned with it, and neither the hub nor another consumer
// notices.
import type { Fault } from '../harness/fault.js';
import { JUDGED } from '../harness/scratch-project.js';

/** How long a thread may block before it is ended, in milliseconds: longer than a machine that is busy keeps one waiting. */
const KILL_AFTER_MS = 3_000;

const MAX_CRASHES = 2;

interface GuiltyOptions extends Pick<Fault, 'name' | 'what'> {
  /** Last tokens of their topics. */
  readonly kinds: readonly string[];
  /** Of the consumer that they are delivered to. */
  readonly isolation: 'thread' | 'process';
}

const guilty = ({ name, what, kinds, isolation }: GuiltyOptions): Fault => ({
  name,
  what,
  sparesLoad: true,
  settings: {
    consumers: {
      strict: JUDGED.strict,
      keyed: JUDGED.keyed,
      troubled: {
        module: 'troubled',
        isolation,
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

const ENDS_THREAD = ['exit', 'throw', 'reject'];

export const crash = guilty({
  name: 'crash',
  what: 'messages that end the thread they are delivered to',
  kinds: ENDS_THREAD,
  isolation: 'thread',
});

export const processCrash = guilty({
  name: 'process-crash',
  what: 'messages that end the process of their consumer, by themselves or by SIGKILL or SIGSEGV',
  kinds: [...ENDS_THREAD, 'kill', 'segv'],
  isolation: 'process',
});

export const stall = guilty({
  name: 'stall',
  what: 'messages that block the thread they are delivered to',
  kinds: ['block', 'loop'],
  isolation: 'thread',
});
