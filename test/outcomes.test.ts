// What a consumer says becomes of its messages, whichever way it says it: on the real command, with one thread and with
// several, and the same after a stop in order and after kill -9.
import { expect, it } from 'vitest';
import type { LetterJson } from './support/dlq-project.js';
import { Scrape } from './support/scrape.js';
import { kill, type Script, ScriptedProject, stop } from './support/scripted-project.js';

const retry = { maxAttempts: 3, backoff: { initialMs: 5, maxMs: 20 } };

/** Consumers of every shape, each of which gets every message. */
const SHAPES = {
  one: {},
  concurrent: { concurrency: 4 },
  threads: { threads: 2, concurrency: 2 },
  keyed: { threads: 2, order: 'key', orderKey: { topicToken: -1 } },
  strict: { order: 'strict' },
} as const;
const NAMES = Object.keys(SHAPES);

/** Each way to end, and what it comes to. */
const SCRIPTS: readonly Script[] = [
  ['ack'],
  ['throw', 'ack'],
  ['throw', 'throw', 'ack'],
  ['throw', 'throw', 'throw'],
  ['drop'],
  ['throw', 'drop'],
  ['dead'],
  ['throw', 'dead'],
  ['later 10', 'ack'],
  ['later 0', 'later 0', 'later 0'],
];
const DEAD = new Map([
  [3, { kind: 'attempts', attempts: 3 }],
  [6, { kind: 'consumer', attempts: 1 }],
  [7, { kind: 'consumer', attempts: 2 }],
  [9, { kind: 'attempts', attempts: 3 }],
]);
/** Deliveries that the scripts ask for. */
const ALL_BEGUN = SCRIPTS.flatMap((script, n) => script.map((_, at) => `${n}/${at + 1}`)).toSorted();

/** Reason and attempts of each of a consumer's dead letters, by the number of its message. */
async function lettersOf(project: ScriptedProject, consumer: string): Promise<Map<number, object>> {
  const list = project.hub(['dlq', 'ls', consumer, '--json']);
  expect(await list.ended, list.output).toEqual({ code: 0, signal: null });
  const letters = list.lines.map((line) => JSON.parse(line) as LetterJson);
  const numbers = letters.map(({ message }) => (JSON.parse(message.body) as { n: number }).n);
  expect(new Set(numbers).size, `no letter of ${consumer} twice`).toBe(letters.length);
  return new Map(letters.map(({ reason, attempts }, at) => [numbers[at] as number, { kind: reason.kind, attempts }]));
}

it('every message has the attempts and the end that its consumer asks for, counted by its reason, and kept', async () => {
  const project = new ScriptedProject(
    Object.fromEntries(Object.entries(SHAPES).map(([name, shape]) => [name, { retry, ...shape }])),
  );
  let hub = await project.run();
  await project.publish(SCRIPTS);
  const { consumers } = await project.statusWhen((status) => status.consumers.every(({ backlog }) => backlog === 0));
  const [, url] = await hub.line(/metrics +(http:\S+)/);
  const scrape = await Scrape.of(url as string);
  for (const status of consumers) {
    const { consumer } = status;
    expect(project.begun(consumer).toSorted(), consumer).toEqual(ALL_BEGUN);
    expect(status).toMatchObject({
      enqueuedTotal: 10,
      settledTotal: { acknowledged: 4, damaged: 0, dropped: 2, deadLettered: 4 },
      droppedTotal: { consumer: 2, queueFull: 0 },
      deadLetteredTotal: { consumer: 2, attempts: 2, queueFull: 0 },
      deadLetters: 4,
      retrying: 0,
    });
    expect({
      backlog: scrape.value('penstock_consumer_backlog', { consumer }),
      deadLetters: scrape.value('penstock_consumer_dead_letters', { consumer }),
      dropped: scrape.value('penstock_consumer_dropped_total', { consumer, reason: 'consumer' }),
      byConsumer: scrape.value('penstock_consumer_dead_lettered_total', { consumer, reason: 'consumer' }),
      byAttempts: scrape.value('penstock_consumer_dead_lettered_total', { consumer, reason: 'attempts' }),
    }).toEqual({ backlog: 0, deadLetters: 4, dropped: 2, byConsumer: 2, byAttempts: 2 });
    expect(await lettersOf(project, consumer)).toEqual(DEAD);
  }

  // Nothing of it comes again, whichever way the hub ends.
  for (const end of [stop, kill]) {
    await end(hub);
    for (const name of NAMES) expect(project.recount(name)).toEqual({ enqueued: 10, settled: 10, backlog: 0 });
    hub = await project.run();
    for (const status of (await project.status()).consumers)
      expect(status).toMatchObject({ backlog: 0, deadLetters: 4, settledTotal: { acknowledged: 0, dropped: 0 } });
  }
  for (const name of NAMES) expect(project.begun(name)).toHaveLength(ALL_BEGUN.length);
  expect(await lettersOf(project, 'threads')).toEqual(DEAD);
});
