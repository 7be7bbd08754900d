// In every run, whatever fails and whoever is killed: what was accepted is acknowledged, dropped, kept as a dead letter,
// or still there; each message with the end that its consumer asked for, in the order that was promised. Random messages
// over a real ROUTER socket into the real command, which is killed in the middle of it; a printed seed decides which.
import { expect, it } from 'vitest';
import { readNotes } from './support/deliveries.js';
import type { LetterJson } from './support/dlq-project.js';
import { freePort } from './support/free-port.js';
import { HubProject } from './support/hub-project.js';
import { recount } from './support/naive-recount.js';
import { randomFrom } from './support/random.js';
import { RouterPublisher } from './support/router-publisher.js';
import { kill, type Script, type ScriptedNote, stop } from './support/scripted-project.js';
import { fixture } from './support/test-hub.js';
import { until } from './support/until.js';

const MESSAGES = 2_400;
const KILLS = 5;
const KEYS = 20;
const MOST_ATTEMPTS = 4;

/** What becomes of messages, as often as it stands here. */
const SCRIPTS: readonly Script[] = [
  ...Array.from({ length: 100 }, () => ['ack']),
  ...Array.from({ length: 5 }, () => ['wait 2']),
  ['throw', 'ack'],
  ['throw', 'throw', 'ack'],
  ['throw'],
  ['drop'],
  ['drop'],
  ['throw', 'drop'],
  ['dead'],
  ['throw', 'throw', 'dead'],
  ['later 3', 'ack'],
  ['late', 'ack'],
];
/** For the end: neither of these, nor what has to wait for it, is ever settled. */
const STAYS: Script = ['later 3600000'];

type End = 'acknowledged' | 'dropped' | 'dead';

function endOf(script: Script): End {
  const last = script.at(-1) as string;
  if (last === 'drop') return 'dropped';
  return last === 'dead' || last === 'throw' ? 'dead' : 'acknowledged';
}

const CONSUMERS = {
  none: { threads: 2, concurrency: 8, maxRetrying: 10 },
  keyed: { threads: 2, concurrency: 4, order: 'key', orderKey: { header: 'key' } },
  strict: { order: 'strict' },
  // Its oldest become dead letters whenever it falls behind.
  bounded: { maxBacklog: { messages: 30 }, whenFull: 'dead-letter' },
};
const NAMES = Object.keys(CONSUMERS);
/** What each has left at the end: of two messages that stay, with one behind each. */
const LEFT: Readonly<Record<string, number>> = { none: 2, keyed: 4, strict: 4, bounded: 2 };

async function makeProject() {
  const endpoint = `tcp://127.0.0.1:${await freePort()}`;
  const common = {
    module: fixture('scripted'),
    retry: { maxAttempts: MOST_ATTEMPTS, backoff: { initialMs: 2, maxMs: 8 } },
    timeoutMs: 200,
  };
  const consumers = Object.fromEntries(
    Object.entries(CONSUMERS).map(([name, each]) => [name, { ...common, ...each, options: { log: `./${name}.log` } }]),
  );
  const project = new HubProject({
    'hub.config.mjs': `
      import { zeromq } from '@penstock/zeromq';
      export default { http: false, log: { level: 'error' }, segmentBytes: 65536, consumers: ${JSON.stringify(consumers)},
        sources: [zeromq({ router: [{ bind: '${endpoint}' }] })] };
    `,
  });
  return { project, publisher: new RouterPublisher(endpoint) };
}

const notesOf = (project: HubProject, name: string): ScriptedNote[] =>
  readNotes<ScriptedNote>(project.path(`${name}.log`));

/** Notes with the same run of the hub, or the same key, in their order. */
function groupsOf<Group>(notes: readonly ScriptedNote[], groupOf: (note: ScriptedNote) => Group) {
  const groups = new Map<Group, ScriptedNote[]>();
  for (const note of notes) {
    const group = groups.get(groupOf(note)) ?? [];
    groups.set(groupOf(note), group);
    group.push(note);
  }
  return groups;
}

/**
 * Checks that what follows each other in order goes on with the next message only when the one before has come to its
 * end, in each run; and that no run begins behind what an earlier one left.
 */
function checkOrder(notes: readonly ScriptedNote[], what: string): void {
  let reached = -1;
  for (const run of groupsOf(notes, ({ pid }) => pid).values()) {
    const begun = run.filter(({ event }) => event === 'begin');
    for (const [index, { n, attempt }] of begun.entries()) {
      const before = begun[index - 1];
      if (before === undefined) continue;
      const goesOn = n > before.n || (n === before.n && attempt === before.attempt + 1);
      expect(goesOn, `${what}: ${before.n}/${before.attempt}, then ${n}/${attempt}`).toBe(true);
    }
    const numbers = begun.map(({ n }) => n);
    const isNew = numbers.filter((n) => n > reached);
    // Nothing that is new comes before what is delivered again.
    expect(numbers.slice(numbers.length - isNew.length), what).toEqual(isNew);
    reached = Math.max(reached, ...numbers);
  }
}

/** Ids of the messages that are kept as dead letters, and of those that were too many for their queue. */
async function lettersOf(project: HubProject, name: string): Promise<{ letters: string[]; tooMany: string[] }> {
  const list = project.hub(['dlq', 'ls', name, '--json', '--limit', String(MESSAGES)]);
  expect(await list.ended, list.output).toEqual({ code: 0, signal: null });
  const all = list.lines.map((line) => JSON.parse(line) as LetterJson);
  const tooMany = all.filter(({ reason }) => reason.kind === 'queue-full');
  return { letters: all.map(({ message }) => message.id), tooMany: tooMany.map(({ message }) => message.id) };
}

it(`through ${KILLS} kills every accepted message has the end it asked for, in order, or is still there`, {
  timeout: 300_000,
}, async () => {
  const seed = Number(process.env.PENSTOCK_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`outcome-stress.test.ts: PENSTOCK_TEST_SEED=${seed}`);
  const random = randomFrom(seed);
  const upTo = (most: number): number => Math.floor(random() * (most + 1));
  const { project, publisher } = await makeProject();
  const scripts: Script[] = [];
  const send = async (script: Script): Promise<void> => {
    const n = scripts.push(script) - 1;
    const headers = random() < 0.9 ? { key: `key-${upTo(KEYS - 1)}` } : {};
    await publisher.send({ id: `m${n}`, topic: 'test.a', headers, body: JSON.stringify({ n, do: script }) });
  };

  let hub = await project.run();
  for (let round = 0; round <= KILLS; round++) {
    const count = Math.floor(MESSAGES / (KILLS + 1));
    const killAt = upTo(count - 1);
    for (let each = 0; each < count; each++) {
      await send(SCRIPTS[upTo(SCRIPTS.length - 1)] as Script);
      if (round === KILLS || each !== killAt) continue;
      await kill(hub);
      publisher.giveUp();
      hub = await project.run();
    }
  }
  await project.statusWhen(({ consumers }) => consumers.every(({ backlog }) => backlog === 0));
  const settledUpTo = scripts.length;

  // What stays, and what waits behind it: all of them in strict order, of one key one after the other.
  for (const script of [STAYS, ['ack'], STAYS, ['ack']]) {
    const n = scripts.push(script) - 1;
    const headers = { key: n < settledUpTo + 2 ? 'one' : 'two' };
    await publisher.send({ id: `m${n}`, topic: 'test.a', headers, body: JSON.stringify({ n, do: script }) });
  }
  await until('all are answered', () => publisher.accepted.includes(`m${scripts.length - 1}`));
  await project.statusWhen(({ consumers }) => consumers.every(({ consumer, backlog }) => backlog === LEFT[consumer]));
  await kill(hub);
  hub = await project.run();
  await project.statusWhen(({ consumers }) => consumers.every(({ retrying }) => retrying > 0));
  await stop(hub);

  expect(publisher.refused).toEqual([]);
  // A committed message is in every queue, whether or not its publisher has come to hear of it.
  const all = new Set(notesOf(project, 'none').map(({ id }) => id));
  expect(publisher.accepted.filter((id) => !all.has(id))).toEqual([]);
  expect(publisher.accepted.length).toBeGreaterThan(MESSAGES / 2);
  const endedAs = (end: End): Set<string> =>
    new Set([...all].filter((id) => numberOf(id) < settledUpTo && endOf(scripts[numberOf(id)] as Script) === end));
  const settledIds = new Set([...all].filter((id) => numberOf(id) < settledUpTo));
  for (const name of NAMES) {
    const notes = notesOf(project, name);
    expect(Math.max(...notes.map(({ attempt }) => attempt)), name).toBeLessThanOrEqual(MOST_ATTEMPTS);
    // Settled are these, and those that are acknowledged while others stay.
    expect(recount(project.path('data')).get(name), name).toEqual({
      enqueued: settledIds.size + 4,
      settled: settledIds.size + 4 - (LEFT[name] ?? 0),
      backlog: LEFT[name],
    });

    // The last that each message came to is what its script says.
    const lasts = new Map(
      notes.filter(({ event, n }) => event === 'end' && n < settledUpTo).map(({ id, word }) => [id, word]),
    );
    const idsOf = (words: RegExp) => [...lasts].filter(([, word]) => words.test(word)).map(([id]) => id);
    const [dropped, acknowledged] = [idsOf(/^drop/), idsOf(/^ack|^wait/)];
    const { letters, tooMany } = await lettersOf(project, name);
    expect(new Set(letters).size, `no letter of ${name} twice`).toBe(letters.length);
    expect(new Set([...acknowledged, ...dropped, ...letters]), name).toEqual(settledIds);
    expect(tooMany.length > 0, name).toBe(name === 'bounded');
    const asAsked = (ids: readonly string[]) => new Set(ids.filter((id) => !tooMany.includes(id)));
    expect(asAsked(dropped), name).toEqual(asAsked([...endedAs('dropped')]));
    expect(asAsked(acknowledged), name).toEqual(asAsked([...endedAs('acknowledged')]));
    expect(asAsked(letters), name).toEqual(asAsked([...endedAs('dead')]));
  }
  checkOrder(notesOf(project, 'strict'), 'strict');
  for (const [key, ofKey] of groupsOf(notesOf(project, 'keyed'), ({ key }) => key))
    if (key !== undefined) checkOrder(ofKey, key);
});

const numberOf = (id: string): number => Number(id.slice(1));
