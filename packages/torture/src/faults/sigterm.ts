// SIGTERM in every state that a hub can be in: it is gone by its deadline, and nothing is lost.
import { setTimeout as sleep } from 'node:timers/promises';
import { askToPause, askToResume } from '@penstock/hub/control';
import type { Fault, Scene } from '../harness/fault.js';
import { DRAIN_TIMEOUT_MS, JUDGED } from '../harness/scratch-project.js';

/** How much longer than its drain time a stop may take, in milliseconds. */
const BEYOND_DRAIN_MS = 1_000;

/** How long the hub is in its state before the signal comes, at most. */
const MOST_MS = 250;

/** A second signal this close to the first one is taken for an echo of it. */
const ECHO_MS = 200;

const PAUSED = ['strict', 'failing'];
const MAX_BACKLOG = 10;

/** Brings a running hub into a state; resolves when it is in it, or on its way. */
type Enter = (scene: Scene) => Promise<unknown>;

const inTrouble =
  (kind: string, messages = 1): Enter =>
  ({ hub, cycles }) =>
    hub.publish(`torture.trouble.${kind}`, messages, `once ${cycles}`);

const STATES: Readonly<Record<string, Enter>> = {
  idle: ({ producers }) => producers.pause(),
  loaded: async () => {},
  blocked: inTrouble('block'),
  crashing: inTrouble('exit'),
  retrying: ({ hub }) => hub.until(({ consumers }) => consumers.some(({ retrying }) => retrying > 0)),
  paused: ({ hub }) => askToPause(hub.client, PAUSED, 'torture'),
  full: inTrouble('wait', MAX_BACKLOG + 1),
  'signalled twice': async () => {},
  starting: async () => {},
};

export const sigterm: Fault = {
  name: 'sigterm',
  what: `SIGTERM to a hub that is ${Object.keys(STATES).join(', ')}`,
  settings: {
    consumers: {
      strict: JUDGED.strict,
      keyed: JUDGED.keyed,
      failing: JUDGED.failing,
      later: { module: 'retrying-later', sleepMs: 300 },
      troubled: { module: 'troubled', topics: ['torture.trouble.*'], maxBacklog: { messages: MAX_BACKLOG } },
    },
  },
  missing: () => undefined,
  async cycle(scene) {
    const { hub, producers, random, figures } = scene;
    const states = Object.keys(STATES);
    const state = states[(scene.cycles - 1) % states.length] as string;
    if (state === 'starting') {
      hub.start();
      producers.start();
    } else {
      await hub.running();
      await askToResume(hub.client, PAUSED);
      producers.start();
      await producers.untilAccepted();
      await STATES[state]?.(scene);
    }
    await sleep(random.between(0, MOST_MS));
    const again = state === 'signalled twice' ? ECHO_MS + random.between(1, MOST_MS) : undefined;
    const beganAtMs = performance.now();
    const end = await hub.terminate(DRAIN_TIMEOUT_MS + BEYOND_DRAIN_MS + scene.slackMs, again);
    figures.add('stopMs', performance.now() - beganAtMs);
    if (end === undefined) {
      scene.problem(`${state}: not gone ${BEYOND_DRAIN_MS + scene.slackMs} ms after its drain time`);
    } else if (end.code !== 0 && end.code !== null && again === undefined) {
      // Without an exit code it was killed: by the signal itself, before it had come to handle any.
      scene.problem(`${state}: ended with exit code ${end.code}`);
    }
  },
};
