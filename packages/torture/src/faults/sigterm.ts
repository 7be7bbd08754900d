// SIGTERM in every state that a hub can be in: it is gone by its deadline, and nothing is lost.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { askToPause, askToResume } from '@penstock/hub/control';
import { hangFilesOf } from '../consumers/hanging.js';
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

/** Consumers of the same kind, in a thread of the hub and in a process of its own, and what they hang at. */
const HANGING = ['hanging', 'apart'];
const HANG_TOPIC = 'torture.hang';

/** How long they may take to come to hang, in milliseconds: far longer than they do. */
const HANG_WITHIN_MS = 90_000;
const LOOK_EVERY_MS = 15;

/** Brings a hub into a state; resolves when it is in it, or on its way. */
type Enter = (scene: Scene) => Promise<unknown>;

const inTrouble =
  (kind: string, messages = 1): Enter =>
  ({ hub, cycles }) =>
    hub.publish(`torture.trouble.${kind}`, messages, `once ${cycles}`);

const hangFiles = ({ project }: Scene) => HANGING.map((name) => hangFilesOf(project.notesOf(name)));

/** Pauses outlive a hub. */
const resume = ({ hub }: Scene) => askToResume(hub.client, PAUSED);

/** Resolves when all of them hang that are told to. */
async function untilTheyHang(scene: Scene): Promise<void> {
  const giveUpAtMs = performance.now() + HANG_WITHIN_MS;
  while (!hangFiles(scene).every(({ hangs }) => existsSync(hangs))) {
    if (performance.now() > giveUpAtMs) throw new Error('consumers that are told to hang do not');
    await sleep(LOOK_EVERY_MS);
  }
}

/** Once the hub is gone: what hung does so no more. */
function hangNoMore(scene: Scene): void {
  for (const path of hangFiles(scene).flatMap(Object.values<string>)) rmSync(path, { force: true });
}

/** States of a hub that runs. */
const RUNNING: Readonly<Record<string, Enter>> = {
  idle: ({ producers }) => producers.pause(),
  loaded: async () => {},
  blocked: inTrouble('block'),
  crashing: inTrouble('exit'),
  retrying: ({ hub }) => hub.until(({ consumers }) => consumers.some(({ retrying }) => retrying > 0)),
  paused: ({ hub }) => askToPause(hub.client, PAUSED, 'torture'),
  full: inTrouble('wait', MAX_BACKLOG + 1),
  'signalled twice': async () => {},
  'inside system calls': async (scene) => {
    const made = spawnSync(
      'mkfifo',
      hangFiles(scene).map(({ pipe }) => pipe),
    );
    if (made.status !== 0) throw new Error(`mkfifo: ${made.stderr}`);
    await scene.hub.publish(HANG_TOPIC, 1);
    await untilTheyHang(scene);
  },
};

/** States of a hub that does not run yet. */
const STARTING: Readonly<Record<string, Enter>> = {
  starting: async ({ hub }) => hub.start(),
  'hanging in open()': async (scene) => {
    for (const { open } of hangFiles(scene)) writeFileSync(open, '');
    scene.hub.start();
    await untilTheyHang(scene);
  },
};

const STATES = [...Object.keys(RUNNING), ...Object.keys(STARTING)];

export const sigterm: Fault = {
  name: 'sigterm',
  what: `SIGTERM to a hub that is ${STATES.join(', ')}`,
  settings: {
    consumers: {
      strict: JUDGED.strict,
      keyed: JUDGED.keyed,
      failing: JUDGED.failing,
      later: { module: 'retrying-later', sleepMs: 300 },
      troubled: { module: 'troubled', topics: ['torture.trouble.*'], maxBacklog: { messages: MAX_BACKLOG } },
      hanging: { module: 'hanging', topics: [HANG_TOPIC] },
      apart: { module: 'hanging', topics: [HANG_TOPIC], isolation: 'process' },
    },
  },
  missing: () => (spawnSync('mkfifo', ['--version']).error === undefined ? undefined : 'no mkfifo'),
  release: resume,
  async cycle(scene) {
    const { hub, producers, random, figures } = scene;
    const state = STATES[(scene.cycles - 1) % STATES.length] as string;
    const start = STARTING[state];
    if (start !== undefined) {
      await start(scene);
      producers.start();
    } else {
      await hub.running();
      await resume(scene);
      producers.start();
      await producers.untilAccepted();
      await RUNNING[state]?.(scene);
    }
    await sleep(random.between(0, MOST_MS));
    const again = state === 'signalled twice' ? ECHO_MS + random.between(1, MOST_MS) : undefined;
    const beganAtMs = performance.now();
    const end = await hub.terminate(DRAIN_TIMEOUT_MS + BEYOND_DRAIN_MS + scene.slackMs, again);
    figures.add('stopMs', performance.now() - beganAtMs);
    hangNoMore(scene);
    if (end === undefined) {
      scene.problem(`${state}: not gone ${BEYOND_DRAIN_MS + scene.slackMs} ms after its drain time`);
    } else if (end.code !== 0 && end.code !== null && again === undefined) {
      // Without an exit code it was killed: by the signal itself, before it had come to handle any.
      scene.problem(`${state}: ended with exit code ${end.code}`);
    }
  },
};
