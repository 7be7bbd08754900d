// A disk that is full, by the hub itself and then by somebody else: nothing more is taken and whoever brings it is told, what
// consumers settle is still written, a start on it works, nothing is lost, and all goes on by itself when there is room.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { HubSnapshot } from '@penstock/hub';
import { ControlClient } from '@penstock/hub/control';
import { expect, it } from 'vitest';
import { readLines } from '../support/deliveries.js';
import { HubProject } from '../support/hub-project.js';
import { named } from '../support/missing-tools.js';
import { NumberedProducer } from '../support/numbered-producer.js';
import { missingForSmallDisk, SmallDisk } from '../support/small-disk.js';
import { ROOT } from '../support/source-files.js';
import { fixture } from '../support/test-hub.js';
import { until } from '../support/until.js';

const DISK_BYTES = 8 << 20;
const BODY_BYTES = 16_384;

/** What somebody else takes at first. */
const STRANGER_BYTES = 3 << 20;

/** Messages of the consumer that fails: their dead letters fit into the reserve. */
const BAD = 10;

const missing = missingForSmallDisk();

/** A hub on a small disk, with a consumer that takes nothing before the file `open` is there, and one that fails each message. */
class FullDisk {
  readonly disk = new SmallDisk(DISK_BYTES);
  readonly project: HubProject;
  readonly good: NumberedProducer;
  readonly bad: NumberedProducer;
  readonly #client: ControlClient;

  constructor() {
    const dataDir = join(this.disk.folder, 'data');
    const consumers = {
      waiting: { module: fixture('wait-for-file'), topics: ['test.x'], options: { log: './numbers', file: './open' } },
      failing: {
        module: fixture('fail'),
        topics: ['test.bad'],
        options: { log: './failed', failures: 1_000 },
        retry: { maxAttempts: 1, backoff: { initialMs: 10, maxMs: 100 } },
      },
    };
    const config = { http: false, dataDir, maxDiskBytes: 1 << 30, segmentBytes: 65_536, consumers };
    this.project = new HubProject({ 'hub.config.json': JSON.stringify(config) });
    this.good = new NumberedProducer(dataDir, 'test.x');
    this.bad = new NumberedProducer(dataDir, 'test.bad');
    this.#client = ControlClient.forDataDir(dataDir);
  }

  statusWhen(what: string, holds: (status: HubSnapshot) => boolean): Promise<HubSnapshot> {
    return until(what, async () => {
      const status = await this.#client.status();
      return holds(status) && status;
    });
  }

  /** Publishes until the hub takes no more, or so much as the disk could not hold. */
  async fill(): Promise<Error | undefined> {
    for (let left = (2 * DISK_BYTES) / BODY_BYTES; left > 0; left--) {
      const refusal = await this.good.publish(BODY_BYTES);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  /** Of what was accepted and not delivered, what is nowhere in the journal. */
  get lost(): number[] {
    const journal = join(this.disk.folder, 'data/journal');
    const text = readdirSync(journal).map((name) => readFileSync(join(journal, name), 'latin1'));
    const there = new Set([...text.join('\n').matchAll(/(?<!\d)(\d+) \.{9}/g)].map((match) => Number(match[1])));
    return this.good.accepted.filter((number) => !there.has(number));
  }
}

it.skipIf(missing !== undefined)(
  named('a full disk holds what comes in, lets consumers settle and a hub start, and is over by itself', missing),
  { timeout: 300_000 },
  async () => {
    const full = new FullDisk();
    const { disk, project, good, bad } = full;
    const hub = project.supervised();
    const pid = await hub.ready();
    expect(await project.hub(['pause', 'failing']).ended).toEqual({ code: 0, signal: null });
    await bad.publishAll(BAD);
    disk.take(STRANGER_BYTES);

    expect(await full.fill()).toMatchObject({ code: 'DISK_LIMIT' });
    const { notReady } = await full.statusWhen('the disk is full', ({ disk }) => disk.full === 'free-space');
    expect(notReady).toContainEqual(expect.stringContaining('the disk of the data directory is nearly full'));
    disk.take();
    await hub.child.line(/its reserve of \d+ bytes is given up/);
    expect(existsSync(join(disk.folder, 'data/reserve'))).toBe(false);

    // What the reserve has left is enough for a start after a kill, …
    process.kill(pid, 'SIGKILL');
    await hub.ready(1);
    expect(await good.publish(BODY_BYTES)).toMatchObject({ code: 'DISK_LIMIT' });
    expect(full.lost).toEqual([]);
    // … and for what consumers settle.
    expect(await project.hub(['resume', 'failing']).ended).toEqual({ code: 0, signal: null });
    const settled = await full.statusWhen('dead letters are kept', (status) => backlogOf(status, 'failing') === 0);
    expect(settled.consumers.find(({ consumer }) => consumer === 'failing')).toMatchObject({ deadLetters: BAD });
    expect(settled.disk.full).toBe('free-space');
    expect(backlogOf(settled, 'waiting')).toBeGreaterThanOrEqual(good.accepted.length);

    disk.clear();
    await full.statusWhen('there is room', ({ disk }) => disk.full === undefined);
    expect(existsSync(join(disk.folder, 'data/reserve'))).toBe(true);
    expect(await good.publish(BODY_BYTES)).toBeUndefined();
    project.write({ open: '' });
    await full.statusWhen('all is delivered', (status) => backlogOf(status, 'waiting') === 0);
    const delivered = new Set(readLines(project.path('numbers')).map(Number));
    expect(good.accepted.filter((number) => !delivered.has(number))).toEqual([]);
  },
);

it.skipIf(missing !== undefined)(
  named('positive control: a hub that takes no notice of a full disk is found to lose what it accepts', missing),
  { timeout: 300_000 },
  async () => {
    const full = new FullDisk();
    const sabotage = [
      { module: 'hub/dist/disk-limit.js', from: 'get refusal() {', to: 'get refusal() { return undefined;' },
      { module: 'hub/dist/disk-limit.js', from: '2 * reserve.wantedBytes', to: '-1' },
      { module: 'files/node-files.js', from: 'const wrote = writeSync(', to: 'const wrote = writeOrNot(' },
      { module: 'files/node-files.js', from: 'export class NodeFiles', to: `${WRITE_OR_NOT}\nexport class NodeFiles` },
    ];
    const preload = pathToFileURL(join(ROOT, 'test/support/sabotage.mjs')).href;
    const env = { NODE_OPTIONS: `--import ${preload}`, PENSTOCK_TEST_SABOTAGE: JSON.stringify(sabotage) };
    const hub = full.project.hub(['run'], { env });
    await hub.line(/^hub: ready$/);
    expect(await full.fill()).toBeUndefined();
    expect(full.lost.length).toBeGreaterThan(0);
  },
);

/** A write that says that it was done. */
const WRITE_OR_NOT = `function writeOrNot(descriptor, bytes, from, length, at) {
  try { return writeSync(descriptor, bytes, from, length, at); } catch { return length; }
}`;

const backlogOf = ({ consumers }: HubSnapshot, name: string): number | undefined =>
  consumers.find(({ consumer }) => consumer === name)?.backlog;
