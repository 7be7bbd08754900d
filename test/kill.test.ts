// What kill -9 may cost: nothing that publish() had accepted, and no more repeats than one turn of a thread holds.
// A hub under load in a process of its own is killed at moments that a printed seed decides; consumers and publisher
// write down outside the hub what they saw.
import { appendFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { HubConfig, HubEvents } from '@penstock/hub';
import { expect, it } from 'vitest';
import { Child } from './support/child.js';
import { readLines } from './support/deliveries.js';
import { recount } from './support/naive-recount.js';
import { randomFrom } from './support/random.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, backlogs, fixture, makeHub, startHub } from './support/test-hub.js';

const CYCLES = 20;

/** The kill comes at the latest so long after the process began, or after its hub was ready. */
const MOST_MS = 400;

/** What one thread settles before it writes that down: what it delivers in a turn of its event loop, and what is on its way. */
const PER_TURN = 256;

/** What one consumer noted: the numbers that each process got, in order. */
function readRuns(log: string): number[][] {
  const runs = new Map<string, number[]>();
  for (const line of readLines(log)) {
    const [pid = '', number] = line.split(' ');
    const run = runs.get(pid) ?? [];
    run.push(Number(number));
    runs.set(pid, run);
  }
  return [...runs.values()];
}

/** How many of a run's numbers an earlier run had got already, for each run. */
function repeatsOf(runs: readonly (readonly number[])[]): number[] {
  const seen = new Set<number>();
  return runs.map((run) => {
    const repeats = run.filter((number) => seen.has(number)).length;
    for (const number of run) seen.add(number);
    return repeats;
  });
}

const isAscending = (numbers: readonly number[]): boolean =>
  numbers.every((number, index) => index === 0 || number > Number(numbers[index - 1]));

const ascending = (numbers: Iterable<number>): number[] => [...new Set(numbers)].toSorted((a, b) => a - b);

/** One directory for a hub and for what is written down beside it. */
function makePlaces() {
  const folder = tempDir();
  const logOf = (consumer: string) => join(folder, `${consumer}.log`);
  const module = fixture('note-number');
  const config: HubConfig = {
    dataDir: join(folder, 'data'),
    http: false,
    log: { level: 'error' },
    // Small, so that segments begin, go and are written over under the load as well.
    segmentBytes: 65_536,
    consumers: {
      serial: { module, options: { log: logOf('serial') } },
      threads: { module, threads: 2, options: { log: logOf('threads') } },
      concurrent: { module, concurrency: 8, options: { log: logOf('concurrent'), yields: 1 } },
      relay: { module: fixture('relay-number') },
      relayed: { module, topics: ['relayed'], options: { log: logOf('relayed') } },
    },
  };
  return { config, dataDir: join(folder, 'data'), accepted: join(folder, 'accepted'), logOf };
}

it(`${CYCLES} kills under load lose nothing accepted and repeat at most a turn, and each gauge is exact after each`, async () => {
  const seed = Number(process.env.PENSTOCK_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`kill.test.ts: PENSTOCK_TEST_SEED=${seed}`);
  const random = randomFrom(seed);
  const { config, dataDir, accepted, logOf } = makePlaces();

  for (let cycle = 1; cycle <= CYCLES; cycle++) {
    const args = JSON.stringify({ config, accepted, from: cycle * 1_000_000 });
    const child = Child.node(fixture('publish-until-killed'), [args]);
    if (random() > 0.2) await child.line(/^ready$/);
    setTimeout(() => child.kill('SIGKILL'), random() * MOST_MS);
    expect(await child.ended, child.output).toMatchObject({ signal: 'SIGKILL' });

    // One that was killed before it had made its directory leaves nothing to count.
    if (!readdirSync(join(dataDir, '..')).includes('data') || !readdirSync(dataDir).includes('hub.json')) continue;
    const counted = recount(dataDir);
    const held = await startHub(config, { only: [] });
    const expected = Object.fromEntries([...counted].map(([name, { backlog }]) => [name, backlog]));
    expect(backlogs(held), `cycle ${cycle}`).toMatchObject(expected);
    await held.stop();
    expect(recount(dataDir), `cycle ${cycle}, after a stop in order`).toEqual(counted);
  }

  const last = await startHub(config);
  await allSettled(last);
  await last.stop();
  const acceptedNumbers = readLines(accepted).map(Number);
  const delivered = new Map(['serial', 'threads', 'concurrent'].map((name) => [name, readRuns(logOf(name))]));
  const serial = delivered.get('serial') ?? [];
  const all = ascending(serial.flat());
  expect(acceptedNumbers.length).toBeGreaterThan(CYCLES * 100);
  for (const [name, runs] of delivered) {
    // A message that was committed is in every queue, whether or not its publisher had come to hear of it.
    expect(ascending(runs.flat()), name).toEqual(all);
    expect(recount(dataDir).get(name)).toEqual({ enqueued: all.length, settled: all.length, backlog: 0 });
  }
  // What was relayed was committed before its delivery was settled; what comes again is relayed again.
  expect(ascending(readRuns(logOf('relayed')).flat())).toEqual(all);
  const got = new Set(all);
  expect(acceptedNumbers.filter((number) => !got.has(number))).toEqual([]);

  for (const run of serial) expect(isAscending(run)).toBe(true);
  for (const [index, run] of serial.entries()) {
    const before = ascending(serial.slice(0, index).flat());
    // A run begins at most a turn before where the one before it ended.
    if (index > 0) expect(Number(run[0])).toBeGreaterThan(before.at(-1 - PER_TURN) ?? -1);
  }
  for (const [name, { held, threads }] of Object.entries({
    serial: { held: 1, threads: 1 },
    threads: { held: 1, threads: 2 },
    concurrent: { held: 8, threads: 1 },
  })) {
    const repeats = repeatsOf(delivered.get(name) ?? []);
    for (const repeated of repeats) expect(repeated, name).toBeLessThanOrEqual(threads * (PER_TURN + held));
  }
});

it.each([
  { what: 'garbage', make: () => Buffer.from(Array.from({ length: 777 }, (_, at) => at * 7)) },
  { what: 'zeros, as a file system can leave them', make: () => Buffer.alloc(4_096) },
  { what: 'half a record', make: (lastRecord: Buffer) => lastRecord.subarray(0, lastRecord.length / 2) },
  {
    what: 'a whole record with a byte that is not what was written',
    make: (lastRecord: Buffer) => {
      const record = Buffer.from(lastRecord);
      record[record.length - 1] = 0;
      return record;
    },
  },
])('a journal that ends with $what is cut there, and the cut is told; nothing accepted is lost', async ({ make }) => {
  const { config, dataDir, accepted, logOf } = makePlaces();
  const large = { ...config, segmentBytes: 67_108_864 };
  const args = JSON.stringify({ config: large, environment: { only: [] }, accepted, from: 1 });
  const child = Child.node(fixture('publish-until-killed'), [args]);
  await child.line(/^a thousand are accepted$/);
  child.kill('SIGKILL');
  await child.ended;

  const segment = readdirSync(join(dataDir, 'journal')).findLast((name) => name.endsWith('.seg')) as string;
  const path = join(dataDir, 'journal', segment);
  const { size } = statSync(path);
  const counted = recount(dataDir);
  const torn = make(nextRecord(readFileSync(path)));
  appendFileSync(path, torn);
  expect(recount(dataDir)).toEqual(counted);

  const cuts: Parameters<HubEvents['journal:cut']>[0][] = [];
  for (const round of ['after the kill', 'after a stop in order']) {
    const hub = await makeHub(large);
    hub.on('journal:cut', (cut) => cuts.push(cut));
    await hub.start();
    expect(cuts, round).toEqual([{ segment, keptBytes: size, cutBytes: torn.length }]);
    await hub.publish('load.last', '0');
    await allSettled(hub);
    await hub.stop();
  }
  const acceptedNumbers = readLines(accepted).map(Number);
  for (const name of ['serial', 'threads', 'concurrent']) {
    const numbers = readRuns(logOf(name)).flat();
    expect(numbers).toHaveLength(Number(counted.get(name)?.enqueued) + 2);
    const got = new Set(numbers);
    expect([...acceptedNumbers, 0].filter((number) => !got.has(number))).toEqual([]);
  }
});

/** A record such as the one that would come next in a segment: a copy of its last, with the position behind it. */
function nextRecord(segment: Buffer): Buffer {
  const headerBytes = segment.readUInt32LE(12);
  let at = headerBytes;
  let length = 0;
  while (at < segment.length) {
    length = segment.readUInt32LE(at);
    at += length;
  }
  const record = Buffer.from(segment.subarray(at - length));
  record.writeDoubleLE(segment.readDoubleLE(24) + at - headerBytes, 8);
  return record;
}
