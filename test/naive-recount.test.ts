// The reader that other tests trust to count a data directory anew agrees with the hub about each queue, whatever
// has become of its entries.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Gate } from './support/gate.js';
import { type QueueCount, recount } from './support/naive-recount.js';
import { tempDir } from './support/temp-dir.js';
import { backlogs, consumerOf, fixture, numbers, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

const module = fixture('record');

/** What a recount says of the backlog of each queue. */
const counted = (counts: Map<string, QueueCount>): Record<string, number> =>
  Object.fromEntries([...counts].map(([name, { backlog }]) => [name, backlog]));

it('a recount of the files equals what the hub says, through stops, starts, new consumers and removed ones', async () => {
  const folder = tempDir();
  const dataDir = join(folder, 'data');
  const gate = new Gate();
  const log = (name: string) => ({ log: join(folder, name) });
  const config = { dataDir, segmentBytes: 65_536, drainTimeoutMs: 100 };
  const quick = { module, options: log('quick') };
  const held = { module, options: { ...log('held'), gate: gate.memory } };
  // Deliveries that end in any order, in several threads: intervals of all kinds in the logs.
  const scattered = {
    module,
    threads: 3,
    concurrency: 8,
    options: { ...log('scattered'), gate: gate.memory, yields: 2 },
  };
  const body = 'x'.repeat(400);
  const total = 1_500;

  const first = await startHub({ ...config, consumers: { quick, held, scattered } });
  await Promise.all(numbers(0, total).map((number) => first.publish('test.counted', body, { number })));
  gate.allow(700);
  const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((one, other) => one + other, 0);
  await until('all is settled that the gate lets through', () => sum(backlogs(first)) === 2 * total - 700);
  await first.stop();

  const afterFirst = recount(dataDir);
  expect(counted(afterFirst)).toEqual(backlogs(first));
  expect(afterFirst.get('quick')).toEqual({ enqueued: total, settled: total, backlog: 0 });
  expect(sum(counted(afterFirst))).toBe(2 * total - 700);

  // One consumer is gone, and keeps what waits in it; another comes and begins with all that the journal still holds.
  const late = { module, startFrom: 'earliest' as const, options: { ...log('late'), gate: gate.memory } };
  const second = await startHub({ ...config, consumers: { quick, scattered, late } });
  expect(backlogs(second)).toMatchObject(counted(afterFirst));
  expect(consumerOf(second, 'late').backlog).toBeGreaterThan(0);
  await Promise.all(numbers(0, total).map((number) => second.publish('test.counted', body, { number })));
  gate.allow(300);
  await until('the gate has let all through that it may', () => Atomics.load(gate.memory, 0) === 0);
  await second.stop();

  const afterSecond = recount(dataDir);
  expect(counted(afterSecond)).toEqual(backlogs(second));
  expect(afterSecond.get('held')).toEqual(afterFirst.get('held'));
  expect(afterSecond.get('quick')?.enqueued).toBe(2 * total);
});
