// `isolation: 'process'`: a consumer in a process of its own does what it does in a thread of the hub, also when its process
// or the hub is killed amid its work. On the real `hub run`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { checkConfig, type HubConfig } from '@penstock/hub';
import { describe, expect, it } from 'vitest';
import { Child } from './support/child.js';
import { ControlHub } from './support/control-hub.js';
import { readLines, readNotes, readTexts } from './support/deliveries.js';
import { recount } from './support/naive-recount.js';
import type { ScriptedNote } from './support/scripted-project.js';
import { fixture, numbers } from './support/test-hub.js';
import { until } from './support/until.js';

const ISOLATIONS = ['thread', 'process'] as const;

type Settings = Partial<NonNullable<HubConfig['consumers']>[string]>;

const ascending = (values: Iterable<number>): number[] => [...new Set(values)].toSorted((a, b) => a - b);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

/** What a consumer of test/fixtures/note-number.mjs wrote down: which process got which number. */
function readNumbers(log: string): { pid: number; number: number }[] {
  return readLines(log).map((line) => {
    const [pid, number] = line.split(' ').map(Number) as [number, number];
    return { pid, number };
  });
}

const loadOf = (from: number, to: number) =>
  numbers(from, to).map((text) => ({
    topic: `load.${Number(text) % 7}`,
    body: Buffer.from(text),
    headers: { key: String(Number(text) % 5) },
  }));

const isThere = (pid: number): boolean =>
  existsSync(`/proc/${pid}/status`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

describe('a consumer in a process of its own', () => {
  it.each<{ what: string; settings: Settings }>([
    { what: 'one at a time', settings: {} },
    { what: 'in two threads, several at once', settings: { threads: 2, concurrency: 8 } },
    { what: 'by key', settings: { threads: 2, concurrency: 4, order: 'key', orderKey: { header: 'key' } } },
    { what: 'in strict order', settings: { order: 'strict' } },
    { what: 'under a rate limit', settings: { concurrency: 4, rateLimit: { messages: 30, perMs: 200 } } },
  ])('settles each message as one in a thread does, $what', async ({ settings }) => {
    const { dataDir, beside } = ControlHub.places();
    const consumers = Object.fromEntries(
      ISOLATIONS.map((isolation) => [
        isolation,
        { module: fixture('scripted'), isolation, ...settings, options: { log: beside(isolation) } },
      ]),
    );
    const hub = await ControlHub.start(
      {
        consumers: {
          ...consumers,
          told: { module: fixture('record'), topics: ['told'], options: { log: beside('told') } },
        },
      },
      dataDir,
    );
    const words = [
      ['ack'],
      ['throw', 'ack'],
      ['drop'],
      ['dead'],
      ['later 20', 'ack'],
      ['publish told ack'],
      ['wait 1'],
    ];
    await hub.publish(
      upTo(70).map((n) => ({
        topic: 'test.a',
        body: Buffer.from(JSON.stringify({ n, do: words[n % words.length] })),
        headers: { key: String(n % 5) },
      })),
    );
    const { consumers: found } = await hub.allSettled();
    const [inThread, inProcess] = ISOLATIONS.map((isolation) => {
      const notes = readNotes<ScriptedNote>(beside(isolation));
      const ended = notes
        .filter(({ event }) => event === 'end')
        .map(({ n, word, attempt }) => `${n} ${word} ${attempt}`);
      const { settledTotal, droppedTotal, deadLetteredTotal, failuresTotal, deadLetters, retrying, inFlight } =
        found.find(({ consumer }) => consumer === isolation) ?? {};
      return {
        ended: ended.toSorted(),
        settledTotal,
        droppedTotal,
        deadLetteredTotal,
        failuresTotal,
        deadLetters,
        retrying,
        inFlight,
      };
    });
    expect(inProcess).toEqual(inThread);
    expect(inProcess?.settledTotal).toEqual({ acknowledged: 50, dropped: 10, deadLettered: 10, damaged: 0 });
    expect(readTexts(beside('told'))).toHaveLength(20);
    const pids = ISOLATIONS.map(
      (isolation) => new Set(readNotes<ScriptedNote>(beside(isolation)).map(({ pid }) => pid)),
    );
    expect(pids[0]).toEqual(new Set([hub.child.process.pid]));
    expect(pids[1]).not.toEqual(pids[0]);
    await hub.stop();
    expect(recount(dataDir).get('process')).toEqual(recount(dataDir).get('thread'));
  });

  it('loses nothing when its process is killed again and again; the hub and its neighbour do not notice', async () => {
    const [messages, kills] = [3_000, 3];
    const { dataDir, beside } = ControlHub.places();
    const module = fixture('note-number');
    const settings: Settings = { threads: 2, concurrency: 4, isolation: 'process', maxCrashes: 255 };
    const hub = await ControlHub.start(
      {
        consumers: {
          killed: { module, ...settings, options: { log: beside('killed'), yields: 3 } },
          byKey: { module, ...settings, order: 'key', orderKey: { header: 'key' }, options: { log: beside('by-key') } },
          neighbour: { module, options: { log: beside('neighbour') } },
        },
      },
      dataDir,
    );
    const { pid } = await hub.status();
    const killedPids = new Set<number>();
    for (let kill = 0; kill < kills; kill++) {
      const before = readNumbers(beside('killed')).length;
      await hub.publish(loadOf((kill * messages) / kills, ((kill + 1) * messages) / kills));
      const victim = await until('a new process has delivered something', () =>
        readNumbers(beside('killed'))
          .slice(before + 50)
          .findLast((note) => !killedPids.has(note.pid)),
      );
      process.kill(victim.pid, 'SIGKILL');
      killedPids.add(victim.pid);
      await hub.statusWhen('another one runs', ({ consumers }) => (consumers[0]?.restartsTotal ?? 0) > kill);
    }
    const status = await hub.allSettled();
    expect(status.pid).toBe(pid);
    expect(status.consumers).toMatchObject([
      { restartsTotal: kills, settledTotal: { acknowledged: messages }, enqueuedTotal: messages, deadLetters: 0 },
      { restartsTotal: 0, settledTotal: { acknowledged: messages } },
      { restartsTotal: 0, settledTotal: { acknowledged: messages } },
    ]);
    for (const name of ['killed', 'by-key', 'neighbour']) {
      expect(ascending(readNumbers(beside(name)).map(({ number }) => number)), name).toEqual(upTo(messages));
    }
    expect(readNumbers(beside('by-key'))).toHaveLength(messages);
    await hub.stop();
    expect(recount(dataDir).get('killed')).toEqual({ enqueued: messages, settled: messages, backlog: 0 });
  });

  it('is gone with a hub that is killed, before another one starts on the data directory, and nothing is lost', async () => {
    const messages = 1_500;
    const { dataDir, beside } = ControlHub.places();
    const options = { log: beside('log'), yields: 20 };
    const config: HubConfig = {
      consumers: { a: { module: fixture('note-number'), isolation: 'process', concurrency: 2, options } },
    };
    const first = await ControlHub.start(config, dataDir);
    await first.publish(loadOf(0, messages));
    const { pid } = await until('it has delivered some', () => readNumbers(options.log)[20]);
    first.child.kill('SIGKILL');
    await first.child.ended;
    const second = await ControlHub.start(config, dataDir);
    expect(isThere(pid)).toBe(false);
    await second.allSettled();
    expect(ascending(readNumbers(options.log).map(({ number }) => number))).toEqual(upTo(messages));
    await second.stop();
  });

  it('goes on while the main thread of the hub is blocked', async () => {
    const { dataDir, beside } = ControlHub.places();
    const consumers = { a: { module: fixture('note-number'), isolation: 'process', options: { log: beside('log') } } };
    const config = { dataDir, http: false, consumers };
    const program = Child.node(fixture('blocked-main'), [
      JSON.stringify({ config, log: beside('log'), messages: 500 }),
    ]);
    expect(await program.ended, program.output).toEqual({ code: 0, signal: null });
  });

  it('halts, and goes on when it is told to, each time', async () => {
    const { dataDir, beside } = ControlHub.places();
    const options = { log: beside('log'), key: beside('key') };
    const consumers = { a: { module: fixture('halt'), isolation: 'process' as const, options } };
    const hub = await ControlHub.start({ consumers }, dataDir);
    const halts = () => hub.child.lines.filter((line) => line.includes('has halted (the key is gone)')).length;
    await hub.publish(numbers(0, 3).map((text) => ({ topic: 'test.a', body: Buffer.from(text), headers: {} })));
    for (const times of [1, 2, 3]) {
      await until('it has halted', () => halts() === times);
      await hub.statusWhen('it is shown as halted', ({ consumers: [halted] }) => {
        return halted?.state === 'halted' && halted.backlog === 3 && halted.inFlight === 0;
      });
      if (times === 3) writeFileSync(options.key, '');
      await hub.resume('a');
    }
    await hub.allSettled();
    expect(readTexts(options.log)).toEqual(numbers(0, 3));
    await hub.stop();
  });
});

describe('a config in which a consumer in a process of its own cannot be what it asks for', () => {
  const check = (settings: object) =>
    checkConfig({ consumers: { a: { module: fixture('record'), isolation: 'process', ...settings } } });

  it('is refused where the oldest is to be taken out of a full queue', async () => {
    const settings = { maxBacklog: { messages: 10 }, whenFull: 'drop-oldest' };
    await expect(check(settings)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('whenFull: "drop-oldest" is for isolation: "thread"'),
    });
    await check({ ...settings, whenFull: 'block' });
  });

  it('is refused where its options are memory that is shared', async () => {
    const options = { log: new SharedArrayBuffer(4) };
    await expect(check({ options })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
