// What the end of the process may cost the journal, wherever it comes: a program that publishes, rolls, settles and removes
// segments is killed at each system call that touches its data directory, and the real recovery brings back all it accepted.
//
// PENSTOCK_FAULT_SIZE says how many messages it publishes.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Child, type Ending } from '../support/child.js';
import { readLines } from '../support/deliveries.js';
import { missingForStrace, named } from '../support/missing-tools.js';
import { tempDirInMemory } from '../support/temp-dir.js';
import { bodyOf, Journal, LEFT } from './programs/journal.mjs';

const MESSAGES = Number(process.env.PENSTOCK_FAULT_SIZE ?? 20);

const PROGRAM = fileURLToPath(new URL('./programs/write-journal.mjs', import.meta.url));

/** Every call that can change what is on the disk. */
const CALLS = ['pwrite64', 'fdatasync', 'fsync', 'openat', 'rename', 'ftruncate', 'unlink', 'rmdir', 'mkdir', 'write'];

const missing = missingForStrace();

interface Place {
  readonly data: string;
  readonly accepted: string;
}

function makePlace(folder: string, name: string): Place {
  const place = { data: join(folder, name, 'data'), accepted: join(folder, name, 'accepted') };
  mkdirSync(place.data, { recursive: true });
  return place;
}

function trace(place: Place, options: readonly string[], early: boolean): Child {
  const program = [process.execPath, PROGRAM, place.data, place.accepted, String(MESSAGES)];
  return Child.spawn('strace', ['-f', '-qq', ...options, ...program, ...(early ? ['early'] : [])]);
}

/** The calls that touch a file under the data directory, in order, and all such files, relative to it. */
async function survey(folder: string): Promise<{ calls: { name: string; changes: boolean }[]; files: Set<string> }> {
  const place = makePlace(folder, 'survey');
  const log = join(folder, 'trace');
  const child = trace(place, ['-y', '-o', log, '-e', `trace=${CALLS.join()}`], false);
  expect(await child.ended, child.output).toEqual({ code: 0, signal: null });
  const files = new Set<string>();
  const calls: { name: string; changes: boolean }[] = [];
  for (const line of readLines(log)) {
    const paths = [...line.matchAll(/["<]([^">]*)[">]/g)].map((match) => match[1] as string);
    const inside = paths.filter((path) => path === place.data || path.startsWith(`${place.data}/`));
    if (inside.length === 0) continue;
    for (const path of inside) files.add(path.slice(place.data.length));
    const name = /^\d+ +(\w+)\(/.exec(line)?.[1] ?? '';
    calls.push({ name, changes: name !== 'openat' || line.includes('O_CREAT') });
  }
  return { calls, files };
}

/** Kills the program as its nth call of one kind to one of the files begins; one that does not come so far ends by itself. */
function killAt(place: Place, files: ReadonlySet<string>, call: string, nth: number, early: boolean): Promise<Ending> {
  const paths = [...files].flatMap((file) => ['-P', `${place.data}${file}`]);
  const inject = ['-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${nth}`];
  return trace(place, [...paths, ...inject], early).ended;
}

/** What the recovery does not bring back of what was accepted; empty for nothing. */
function lossesIn({ data, accepted }: Place): string[] {
  const numbers = existing(accepted).map(Number);
  const journal = new Journal(data);
  const losses: string[] = [];
  for (const queue of journal.queues) {
    const { name } = queue.record;
    const enqueued = queue.shared.enqueued.get();
    const wanted = numbers.filter((number) => name === 'all' || number % 2 === 0).length;
    if (enqueued < wanted) losses.push(`${name}: of ${wanted} accepted there are ${enqueued}`);
    const waiting = queue.waiting();
    if (waiting.length < Math.min(LEFT, enqueued)) losses.push(`${name}: only ${waiting.length} wait of ${enqueued}`);
    const first = enqueued - waiting.length;
    for (const [index, body] of waiting.entries()) {
      const number = queue.numberAt(first + index);
      if (body !== bodyOf(number)) losses.push(`${name}: instead of ${number} comes ${body}`);
    }
  }
  journal.abandon();
  return losses;
}

function existing(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(0, -1);
  } catch {
    return [];
  }
}

/** Does all, a few at a time. */
async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items];
  const workers = Array.from({ length: availableParallelism() }, async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  });
  await Promise.all(workers);
}

it.skipIf(missing !== undefined)(
  named(`killed at every system call of ${MESSAGES} commits, nothing accepted is lost`, missing),
  { timeout: 600_000 + MESSAGES * 60_000 },
  async () => {
    const folder = tempDirInMemory();
    const { calls, files } = await survey(folder);
    // In memory, so that a sweep is a matter of processes alone; what a disk forgets is another test's (power-loss).
    const points = CALLS.flatMap((name) =>
      calls
        .filter((call) => call.name === name)
        .flatMap(({ changes }, index) => (changes ? [{ name, nth: index + 1 }] : [])),
    );
    expect(points.length).toBeGreaterThan(MESSAGES * 5);
    const losses: string[] = [];
    let kills = 0;
    await inParallel(points, async ({ name, nth }) => {
      const place = makePlace(folder, `${name}-${nth}`);
      const { signal } = await killAt(place, files, name, nth, false);
      if (signal === 'SIGKILL') kills++;
      for (const loss of lossesIn(place)) losses.push(`killed at ${name} ${nth}: ${loss}`);
      // Memory that is a disk may be small.
      rmSync(dirname(place.data), { recursive: true });
    });
    console.log(`system-calls.test.ts: killed at ${kills} of ${points.length} calls over ${MESSAGES} messages`);
    expect(losses).toEqual([]);
    expect(kills).toBe(points.length);
  },
);

it.skipIf(missing !== undefined)(
  named('positive control: a program that accepts before it commits is found out', missing),
  async () => {
    const folder = tempDirInMemory();
    const { calls, files } = await survey(folder);
    const writes = calls.filter(({ name }) => name === 'pwrite64').map((_, index) => index + 1);
    const losses: string[] = [];
    for (let nth = Math.ceil(writes.length / 2); losses.length === 0 && nth <= writes.length; nth++) {
      const place = makePlace(folder, `early-${nth}`);
      await killAt(place, files, 'pwrite64', nth, true);
      losses.push(...lossesIn(place));
    }
    expect(losses).toContainEqual(expect.stringMatching(/of \d+ accepted there are \d+/));
  },
);
