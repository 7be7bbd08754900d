// In = out + kept, whatever happens: consumers of every shape that take their time, fail, publish and end their
// threads, and hubs that stop in the middle of it and come back with other threads. A printed seed decides all of it.
import { join } from 'node:path';
import type { Hub, HubConfig } from '@penstock/hub';
import { expect, it } from 'vitest';
import { readLines } from './support/deliveries.js';
import { recount } from './support/naive-recount.js';
import { randomFrom } from './support/random.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, backlogs, fixture, startHub } from './support/test-hub.js';

const ROUNDS = 5;
const BATCHES = 30;
const MOST_PER_BATCH = 150;

/** What messages ask for, as often as it stands here; crashes are rarer still, since each costs a pause. */
const ORDINARY = [undefined, undefined, undefined, undefined, 'turn', 'turn', 'wait', 'publish', 'publish'];
const RARE = ['fail', 'exit', 'throw'];
const RARELY = 0.005;

it('every message is delivered, every gauge is exact at each stop, and no backlog is ever below 0', async () => {
  const seed = Number(process.env.PENSTOCK_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`conservation.test.ts: PENSTOCK_TEST_SEED=${seed}`);
  const random = randomFrom(seed);
  const upTo = (most: number): number => Math.floor(random() * (most + 1));
  const oneOf = <Each>(all: readonly Each[]): Each | undefined => all[upTo(all.length - 1)];

  const folder = tempDir();
  const dataDir = join(folder, 'data');
  const crashes = new Int32Array(new SharedArrayBuffer(4));
  const logOf = (consumer: string) => join(folder, `${consumer}.log`);
  const anyShape = (name: string, topics: string[]) => ({
    module: fixture('mixed'),
    topics,
    threads: 1 + upTo(3),
    concurrency: oneOf([1, 1, 2, 6]) ?? 1,
    options: { log: logOf(name), crashes },
  });
  const configOf = (): HubConfig => ({
    dataDir,
    drainTimeoutMs: 200,
    segmentBytes: 65_536,
    consumers: { one: anyShape('one', ['in.>']), other: anyShape('other', ['in.>']), out: anyShape('out', ['out']) },
  });

  let next = 0;
  const accepted: string[] = [];
  const passedOn: string[] = [];
  const publishSome = async (hub: Hub): Promise<void> => {
    const messages = Array.from({ length: 1 + upTo(MOST_PER_BATCH) }, async () => {
      const asked = random() < RARELY ? oneOf(RARE) : oneOf(ORDINARY);
      if (asked === 'exit' || asked === 'throw') crashes[0] = 1;
      const text = String(next++);
      await hub.publish(`in.${next % 5}`, text.padEnd(upTo(400)), asked === undefined ? {} : { do: asked });
      accepted.push(text);
      if (asked === 'publish') passedOn.push(text);
    });
    await Promise.all(messages);
  };

  for (let round = 0; round < ROUNDS; round++) {
    const hub = await startHub(configOf(), random() < 0.2 ? { only: ['one'] } : {});
    for (let batch = 0; batch < BATCHES; batch++) {
      await publishSome(hub);
      const negative = hub.snapshot().consumers.filter(({ backlog, backlogBytes }) => backlog < 0 || backlogBytes < 0);
      expect(negative).toEqual([]);
    }
    await hub.stop();
    const counted = Object.fromEntries([...recount(dataDir)].map(([name, { backlog }]) => [name, backlog]));
    expect(backlogs(hub), `round ${round}`).toEqual(counted);
  }

  const last = await startHub(configOf());
  await allSettled(last);
  await last.stop();
  for (const { backlogBytes, settledTotal } of last.snapshot().consumers) {
    expect({ backlogBytes, damaged: settledTotal.damaged }).toEqual({ backlogBytes: 0, damaged: 0 });
  }
  for (const [consumer, expected] of Object.entries({ one: accepted, other: accepted, out: passedOn })) {
    const got = new Set(readLines(logOf(consumer)));
    expect(
      expected.filter((text) => !got.has(text)),
      consumer,
    ).toEqual([]);
    expect(got.size, consumer).toBe(expected.length);
    const { enqueued, settled } = recount(dataDir).get(consumer) ?? {};
    expect(settled).toBe(enqueued);
  }
});
