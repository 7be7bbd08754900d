// Messages that end, hang or fill the whole process of their consumer (`isolation: 'process'`): the hub and the neighbour do
// not notice, nothing is lost, and the guilty message is a dead letter. In a thread of the hub the same takes the hub down.
import { spawnSync } from 'node:child_process';
import type { HubSnapshot } from '@penstock/hub';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ControlHub } from '../support/control-hub.js';
import { readLines, readNotes, readTexts } from '../support/deliveries.js';
import { named, runs } from '../support/missing-tools.js';
import { isRunning } from '../support/supervised-hub.js';
import { fixture, numbers } from '../support/test-hub.js';

const MESSAGES = 40;
const GUILTY = '20';
const OTHERS = numbers(0, MESSAGES).filter((text) => text !== GUILTY);
const MAX_CRASHES = 2;

/** Each crash costs a process's start; a machine may be many times as busy as usual. */
const PATIENCE_MS = 200_000;
vi.setConfig({ testTimeout: 2 * PATIENCE_MS });

/** Long enough for a thread of a busy machine to get its turn. */
const WATCHED = { stallMs: 1_000, killAfterMs: 4_000 };

const STALLED = /"harmful" is stalled: thread 0 has not let its event loop turn/;

interface Note {
  readonly event: 'begin' | 'end';
  readonly text: string;
}

interface Run {
  readonly hub: ControlHub;
  readonly pid: number;
  /** What the consumer that does harm wrote down. */
  notes(): Note[];
  neighbour(): (string | undefined)[];
}

/** A hub that runs a consumer which does harm, and a neighbour in one of the hub's threads. */
async function start(isolation: 'process' | 'thread', settings: object = {}): Promise<Run> {
  const { dataDir, beside } = ControlHub.places();
  const options = { log: beside('log'), fifo: beside('fifo'), pids: beside('pids') };
  const module = fixture('harmful');
  const bounds = { maxCrashes: MAX_CRASHES, maxMemoryMb: 32 };
  spawnSync('mkfifo', [options.fifo]);
  onTestFinished(() => {
    // What a process had started that was killed is nobody's.
    for (const pid of readLines(options.pids).map(Number)) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  });
  const config = {
    drainTimeoutMs: 500,
    consumers: {
      harmful: { module, isolation, concurrency: 4, ...bounds, ...settings, options },
      neighbour: { module: fixture('record'), options: { log: beside('neighbour') } },
    },
  };
  const hub = await ControlHub.start(config, dataDir);
  const { pid } = await hub.status();
  return {
    hub,
    pid,
    notes: () => readNotes<Note>(options.log),
    neighbour: () => readTexts(beside('neighbour')),
  };
}

/** Publishes numbers, one of which does harm; what it does may cost the answer. */
async function publish({ hub }: Run, harm: string): Promise<void> {
  const topic = 'test.number';
  const messages = numbers(0, MESSAGES).map((text) => ({
    topic,
    body: Buffer.from(text),
    headers: text === GUILTY ? { harm } : {},
  }));
  await hub.publish(messages).catch(() => {});
}

/** What has become of the hub: how it stands when all is settled, or that it is gone. */
async function outcome({ hub, pid }: Run): Promise<HubSnapshot | undefined> {
  const settled = hub.allSettled(PATIENCE_MS).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'HUB_UNREACHABLE') return undefined;
    throw new Error(`${error.message}\n${hub.child.output}`);
  });
  const status = await Promise.race([settled, hub.child.ended.then(() => undefined)]);
  return status?.pid === pid ? status : undefined;
}

async function outcomeOfSurvivor(run: Run): Promise<HubSnapshot> {
  const status = await outcome(run);
  if (status === undefined) throw new Error(`the hub went down:\n${run.hub.child.output}`);
  return status;
}

it.each<{ harm: string; what: string; says: RegExp; settings?: object }>([
  { harm: 'segv', what: 'gets a segmentation fault', says: /SIGSEGV/ },
  { harm: 'abort', what: 'aborts', says: /SIGABRT/ },
  { harm: 'map', what: 'fills a Map without end', says: /ended/ },
  { harm: 'array', what: 'makes one huge array', says: /ended/ },
  { harm: 'buffers', what: 'fills memory outside of its heap', says: /resident memory of \d+ MiB is over its limit/ },
  { harm: 'exit', what: 'calls process.exit()', says: /its thread ended/ },
  { harm: 'exit-0', what: 'calls process.exit(0)', says: /exit.*0/ },
  { harm: 'throw', what: 'throws in a timer', says: /thrown later/ },
  { harm: 'reject', what: 'leaves a rejection unhandled', says: /never handled/ },
  { harm: 'null', what: 'throws null in a timer', says: /thrown: null/ },
  { harm: 'proxy', what: 'throws a Proxy whose traps throw', says: /its thread ended/ },
  { harm: 'memory', what: 'fills the heap of its thread', says: /memory/i },
  { harm: 'loop', what: 'is an endless loop', says: STALLED, settings: WATCHED },
  { harm: 'regex', what: 'is a catastrophic regular expression', says: STALLED, settings: WATCHED },
  { harm: 'wait', what: 'waits in Atomics.wait() for ever', says: STALLED, settings: WATCHED },
  { harm: 'exec', what: 'waits in execSync() for ever', says: /a call that does not return/, settings: WATCHED },
  { harm: 'fifo', what: 'opens a FIFO that nobody writes to', says: /a call that does not return/, settings: WATCHED },
])(
  'a message whose delivery $what is a dead letter; the others, the neighbour and the hub are unharmed',
  async ({ harm, says, settings }) => {
    const run = await start('process', settings);
    await publish(run, harm);
    const { consumers } = await outcomeOfSurvivor(run);

    const ended = run.notes().flatMap(({ event, text }) => (event === 'end' ? text : []));
    expect([...new Set(ended)].toSorted()).toEqual(OTHERS.toSorted());
    // One end of the process can be put down to no message: only from then on deliveries are written down as they begin.
    const times = run.notes().filter(({ event, text }) => event === 'begin' && text === GUILTY).length;
    expect([MAX_CRASHES, MAX_CRASHES + 1]).toContain(times);
    expect(consumers).toMatchObject([
      {
        consumer: 'harmful',
        isolation: 'process',
        deadLetters: 1,
        settledTotal: { acknowledged: OTHERS.length, deadLettered: 1, dropped: 0, damaged: 0 },
        deadLetteredTotal: { crashes: 1, attempts: 0, consumer: 0 },
      },
      { consumer: 'neighbour', restartsTotal: 0 },
    ]);
    expect(run.hub.child.output).toMatch(says);
    expect(run.neighbour()).toEqual(numbers(0, MESSAGES));
    await run.hub.stop();
  },
);

it(
  named(
    'a consumer that uses up the pool of its process holds up no commit, and the hub stops in order',
    runs('mkfifo', '--version') ? undefined : 'no mkfifo',
  ),
  async () => {
    const run = await start('process', { concurrency: 1, timeoutMs: 5_000, retry: { maxAttempts: 1 } });
    await publish(run, 'pool');
    const { consumers } = await outcomeOfSurvivor(run);
    expect(consumers[0]).toMatchObject({
      settledTotal: { acknowledged: OTHERS.length },
      deadLetteredTotal: { attempts: 1 },
    });
    expect(run.neighbour()).toEqual(numbers(0, MESSAGES));
    await run.hub.stop();
  },
);

it('control: the same message in a thread of the hub takes the hub down', async () => {
  const run = await start('thread');
  await publish(run, 'segv');
  expect(await outcome(run)).toBe(undefined);
});
