// `hub fsck`: finds what is not what was written in a data directory, says who loses what by it, and mends it so that a
// second check is clean and a hub starts; and keeps its hands off a directory on which a hub runs.
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type FsckReport, fsck } from '@penstock/hub/control';
import { describe, expect, it } from 'vitest';
import { Child } from './support/child.js';
import { filesOf } from './support/files-of.js';
import { HUB } from './support/hub-project.js';
import { randomFrom } from './support/random.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, backlogs, consumerOf, fixture, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

const MESSAGES = 400;
/** By the remainder of its number by 5, what becomes of a message. */
const ENDS = ['ack', 'ack', 'dead', 'drop', 'later 3600000'];
/** How many of each five are not settled by the consumer `worked`. */
const OPEN = MESSAGES / 5;

/** The files of a hub that has stopped: two consumers, one of which has settled nothing. */
async function makeData(dataDir: string): Promise<void> {
  const log = (name: string) => ({ log: join(dataDir, '..', name) });
  const consumers = {
    worked: { module: fixture('scripted'), maxRetrying: MESSAGES, options: log('worked') },
    waiting: { module: fixture('scripted'), options: log('waiting') },
  };
  const hub = await startHub({ dataDir, segmentBytes: 65_536, consumers }, { only: ['worked'] });
  const pad = 'x'.repeat(500);
  const bodies = Array.from({ length: MESSAGES }, (_, n) => JSON.stringify({ n, do: [ENDS[n % ENDS.length]], pad }));
  // Some at a time, so that the journal comes to several segments.
  for (let at = 0; at < MESSAGES; at += 20) {
    await Promise.all(bodies.slice(at, at + 20).map((body) => hub.publish('test.a', body)));
  }
  await until('all is settled that is to be', () => {
    const { backlog, retrying } = consumerOf(hub, 'worked');
    return backlog === OPEN && retrying === OPEN;
  });
  await hub.stop();
}

/** Its files by their paths: made by the first test that wants them, and copied for each. */
const template = new Map<string, Buffer>();

async function copyOfData(): Promise<string> {
  const dataDir = join(tempDir(), 'data');
  if (template.size === 0) {
    const made = join(tempDir(), 'data');
    await makeData(made);
    for (const name of readdirSync(made, { recursive: true }) as string[]) {
      if (statSync(join(made, name)).isFile() && name !== 'lock' && name !== 'reserve') {
        template.set(name, readFileSync(join(made, name)));
      }
    }
  }
  for (const [name, bytes] of template) {
    mkdirSync(join(dataDir, name, '..'), { recursive: true, mode: 0o700 });
    writeFileSync(join(dataDir, name), bytes, { mode: 0o600 });
  }
  return dataDir;
}

const check = (dataDir: string, repair = false): Promise<FsckReport> => fsck(dataDir, { repair, progress: () => {} });

const damageIn = ({ left }: FsckReport) => left.filter(({ severity }) => severity === 'damage');

/** A file by the place that it has among those of its folder; from the end when negative. */
function fileIn(dataDir: string, folder: string, extension: string, at: number): string {
  const names = readdirSync(join(dataDir, folder)).filter((name) => name.endsWith(extension));
  return join(folder, String(names.sort().at(at)));
}

function flip(dataDir: string, path: string, at: number): void {
  const bytes = readFileSync(join(dataDir, path));
  const offset = at < 0 ? bytes.length + at : at;
  bytes[offset] = (bytes[offset] as number) ^ 4;
  writeFileSync(join(dataDir, path), bytes);
}

function cut(dataDir: string, path: string, bytes: number): void {
  writeFileSync(join(dataDir, path), readFileSync(join(dataDir, path)).subarray(0, -bytes));
}

interface Case {
  readonly what: string;
  readonly file: (dataDir: string) => string;
  readonly spoil: (dataDir: string, path: string) => void;
  /** The path that the finding names, where it is another one. */
  readonly named?: RegExp;
  /** How many messages of which consumer are lost; none by default. */
  readonly lost?: Readonly<Record<string, number>>;
}

const segment = (at: number) => (dataDir: string) => fileIn(dataDir, 'journal', '.seg', at);
const index = (at: number) => (dataDir: string) => fileIn(dataDir, 'queues/2-waiting', '.idx', at);
const settled = (dataDir: string) => fileIn(dataDir, 'queues/1-worked/settled', '.log', -1);
const dead = (dataDir: string) => fileIn(dataDir, 'queues/1-worked/dead', '.seg', 0);

const CASES: readonly Case[] = [
  { what: 'a damaged record', file: segment(0), spoil: (dir, path) => flip(dir, path, 2_000), lost: { waiting: 1 } },
  { what: 'a damaged header of a segment', file: segment(0), spoil: (dir, path) => flip(dir, path, 30) },
  {
    what: 'a segment that is cut off',
    file: segment(1),
    spoil: (dir, path) => cut(dir, path, 600),
    lost: { waiting: 2 },
  },
  {
    what: 'a last segment that is cut off',
    file: segment(-1),
    spoil: (dir, path) => cut(dir, path, 600),
    lost: { waiting: 2 },
  },
  {
    what: 'a segment that is gone',
    file: segment(1),
    spoil: (dir, path) => rmSync(join(dir, path)),
    named: /^queues\/2-waiting\/.*\.idx$/,
  },
  { what: 'a damaged entry of an index file', file: index(0), spoil: (dir, path) => flip(dir, path, 200) },
  { what: 'an index file without its end', file: index(0), spoil: (dir, path) => cut(dir, path, 60) },
  { what: 'a damaged header of an index file', file: index(0), spoil: (dir, path) => flip(dir, path, 3) },
  { what: 'an index file that is gone', file: index(0), spoil: (dir, path) => rmSync(join(dir, path)) },
  { what: 'a damaged record of a settle log', file: settled, spoil: (dir, path) => flip(dir, path, 100) },
  { what: 'a damaged header of a settle log', file: settled, spoil: (dir, path) => flip(dir, path, 2) },
  { what: 'a damaged dead letter', file: dead, spoil: (dir, path) => flip(dir, path, 100) },
  { what: 'a damaged header of dead letters', file: dead, spoil: (dir, path) => flip(dir, path, 5) },
  { what: 'a damaged hub.json', file: () => 'hub.json', spoil: (dir, path) => flip(dir, path, 20) },
  { what: 'a hub.json that is gone', file: () => 'hub.json', spoil: (dir, path) => rmSync(join(dir, path)) },
  {
    what: 'a damaged queue.json',
    file: () => 'queues/2-waiting/queue.json',
    spoil: (dir, path) => flip(dir, path, 60),
  },
  { what: 'a file that others may read', file: segment(0), spoil: (dir, path) => chmodSync(join(dir, path), 0o644) },
];

describe('damage', () => {
  it.each(CASES)('is found, told of, and repaired: $what', async ({ file, spoil, named, lost = {} }) => {
    const dataDir = await copyOfData();
    expect(damageIn(await check(dataDir))).toEqual([]);
    const path = file(dataDir);
    spoil(dataDir, path);
    const before = filesOf(dataDir).filter((line) => !line.includes('/lock '));
    const found = damageIn(await check(dataDir));
    expect(filesOf(dataDir).filter((line) => !line.includes('/lock '))).toEqual(before);
    expect(found.map((finding) => finding.path)).toContainEqual(
      named === undefined ? path : expect.stringMatching(named),
    );
    expect(found.every(({ repair }) => repair !== undefined)).toBe(true);
    for (const [consumer, entries] of Object.entries(lost)) {
      expect(found.flatMap((finding) => finding.lost)).toContainEqual({ consumer, entries });
    }

    const repaired = await check(dataDir, true);
    expect(damageIn(repaired)).toEqual([]);
    expect(damageIn(await check(dataDir))).toEqual([]);
    await startsAgain(dataDir);
  });
});

/** A hub starts, delivers what is left, and takes messages. */
async function startsAgain(dataDir: string): Promise<void> {
  const options = { log: join(dataDir, '..', 'again') };
  const waiting = { module: fixture('record'), options };
  const hub = await startHub({ dataDir, segmentBytes: 65_536, consumers: { waiting } });
  await hub.publish('test.a', 'new');
  await until('all that waits is settled', () => backlogs(hub).waiting === 0);
  await hub.stop();
}

it('what is set aside is kept, in a file that names it', async () => {
  const dataDir = await copyOfData();
  const path = fileIn(dataDir, 'journal', '.seg', 0);
  flip(dataDir, path, 2_000);
  const bytes = readFileSync(join(dataDir, path));
  const [finding] = damageIn(await check(dataDir));
  const { quarantined } = await check(dataDir, true);
  const [name] = readdirSync(join(dataDir, 'quarantine')) as [string];
  expect(name).toContain(path.replace('/', '+'));
  expect(quarantined).toEqual({ files: 1, bytes: Number(finding?.bytes?.to) - Number(finding?.bytes?.from) });
  expect(readFileSync(join(dataDir, 'quarantine', name))).toEqual(
    bytes.subarray(finding?.bytes?.from, finding?.bytes?.to),
  );
});

it('leftovers go, what is not a hub’s stays, and neither is damage', async () => {
  const dataDir = await copyOfData();
  for (const name of ['journal/0000000000000001.seg.tmp', 'hub.json.tmp', 'notes.txt'])
    writeFileSync(join(dataDir, name), '', { mode: 0o600 });
  mkdirSync(join(dataDir, 'queues/9-gone.removed'), { mode: 0o700 });
  const { findings, left } = await check(dataDir, true);
  expect(findings.map(({ path, severity }) => [path, severity])).toEqual([
    ['hub.json.tmp', 'note'],
    ['journal/0000000000000001.seg.tmp', 'note'],
    ['notes.txt', 'note'],
    ['queues/9-gone.removed', 'note'],
  ]);
  expect(left.map(({ path }) => path)).toEqual(['notes.txt']);
  expect(existsSync(join(dataDir, 'queues/9-gone.removed'))).toBe(false);
});

const DAMAGES = 20;
/** Several hundred files are synced. */
const DAMAGES_TIMEOUT_MS = 480_000;

it(
  `random damage to any file: ${DAMAGES} times, all that is left is found whole or mended, and a check after a repair is clean`,
  async () => {
    const seed = Number(process.env.PENSTOCK_TEST_SEED ?? Date.now() % 1_000_000);
    console.info(`fsck: PENSTOCK_TEST_SEED=${seed}`);
    const random = randomFrom(seed);
    const pick = (count: number) => Math.floor(random() * count);
    const base = await copyOfData();
    const names = [...template.keys()];
    for (let round = 0; round < DAMAGES; round++) {
      const dataDir = join(tempDir(), 'data');
      cpSync(base, dataDir, { recursive: true });
      const name = names[pick(names.length)] as string;
      const bytes = Buffer.from(template.get(name) as Buffer);
      const at = pick(bytes.length);
      const kind = ['flip', 'cut', 'zero'][pick(3)];
      if (kind === 'flip') bytes[at] = (bytes[at] as number) ^ (1 << pick(8));
      if (kind === 'zero') bytes.fill(0, at, Math.min(bytes.length, at + 512));
      writeFileSync(join(dataDir, name), kind === 'cut' ? bytes.subarray(0, at) : bytes);
      const what = `seed ${seed}, round ${round}: ${kind} ${name} at byte ${at}`;
      const isChanged = !bytes.equals(template.get(name) as Buffer) || kind === 'cut';
      // A log that ends where a record ends may have ended there.
      const isWhole = kind === 'cut' && name.includes('/settled/') && at % 40 === 0;
      if (isChanged && !isWhole) expect((await check(dataDir)).left, what).not.toEqual([]);
      expect(damageIn(await check(dataDir, true)), what).toEqual([]);
      expect(damageIn(await check(dataDir)), what).toEqual([]);
      rmSync(dataDir, { recursive: true });
    }
  },
  DAMAGES_TIMEOUT_MS,
);

async function run(dataDir: string, ...args: string[]): Promise<{ code: number | null; lines: readonly string[] }> {
  const child = Child.node(HUB, ['fsck', '--data-dir', dataDir, ...args]);
  const { code } = await child.ended;
  return { code, lines: child.lines };
}

describe('the command', () => {
  it('ends with a code that says what it found', async () => {
    const dataDir = await copyOfData();
    expect(await run(dataDir)).toEqual({ code: 0, lines: ['no damage was found'] });
    flip(dataDir, fileIn(dataDir, 'journal', '.seg', 0), 2_000);
    const found = await run(dataDir);
    expect(found.code).toBe(61);
    expect(found.lines).toContain('  lost    waiting: 1 message');
    expect(found.lines.at(-1)).toMatch(/^hub: 1 finding of damage in data directory .*--repair/);
    const json = await run(dataDir, '--json');
    expect(json.code).toBe(61);
    expect(JSON.parse(String(json.lines[0]))).toMatchObject({
      dataDir,
      findings: [{ severity: 'damage', lost: [{ consumer: 'waiting', entries: 1 }] }],
    });
    const repaired = await run(dataDir, '--repair');
    expect({ code: repaired.code, last: repaired.lines.at(-1) }).toEqual({
      code: 0,
      last: 'all damage is repaired, as far as it can be',
    });
  });

  it('refuses while a hub runs, and where no hub has ever run', async () => {
    const dataDir = join(tempDir(), 'data');
    const hub = await startHub({ dataDir, consumers: {} });
    const refused = await run(dataDir, '--repair');
    expect(refused).toMatchObject({ code: 16, lines: [expect.stringContaining(String(process.pid))] });
    await allSettled(hub);
    const empty = tempDir();
    expect((await run(empty)).code).toBe(15);
    expect(readdirSync(empty)).toEqual([]);
  });
});
