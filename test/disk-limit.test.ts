// A data directory at maxDiskBytes: nothing more is taken from outside, whoever brings it is told, and all goes on by
// itself once consumers have settled enough, without deadlock.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Dealer, Push } from 'zeromq';
import { readLines, readTexts } from './support/deliveries.js';
import { freePort } from './support/free-port.js';
import { Gate } from './support/gate.js';
import { HubProject } from './support/hub-project.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, fixture, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

const LIMIT = 1_048_576;
/** Small, so that space comes back in small parts; the last one alone never fills the limit. */
const SEGMENT = 65_536;

it('full, consumed and published again, over and over: publish() is refused at the limit, and never for good', async () => {
  const folder = tempDir();
  const gate = new Gate();
  const consumers = { all: { module: fixture('record'), options: { log: join(folder, 'log'), gate: gate.memory } } };
  const limits = { maxDiskBytes: LIMIT, segmentBytes: SEGMENT };
  const hub = await startHub({ dataDir: join(folder, 'data'), consumers, ...limits });
  const body = new Uint8Array(4_096);
  let accepted = 0;
  for (let round = 0; round < 3; round++) {
    gate.close();
    const before = accepted;
    for (let refused = false; !refused; ) {
      await hub.publish('test.x', body).then(
        () => accepted++,
        (error: unknown) => {
          expect(error).toMatchObject({ code: 'DISK_LIMIT', retryable: true });
          refused = true;
        },
      );
    }
    // A twentieth of the limit at least was free.
    expect(accepted - before).toBeGreaterThan(10);
    const { disk, notReady } = hub.snapshot();
    expect(disk).toEqual({ bytes: expect.any(Number), limitBytes: LIMIT, full: 'limit' });
    expect(disk.bytes).toBeLessThan(LIMIT + 2 * SEGMENT);
    expect(notReady).toEqual([expect.stringContaining('the data directory is at maxDiskBytes, 1048576 bytes')]);
    gate.open();
    await until('there is room again', () => hub.snapshot().disk.full === undefined);
    await hub.publish('test.x', body);
    accepted++;
  }
  await allSettled(hub);
  expect(readTexts(join(folder, 'log'))).toHaveLength(accepted);
});

it('a segment whose index files fill the limit before it is full is ended, and goes', async () => {
  const folder = tempDir();
  const module = fixture('note-id');
  // Sixteen bytes for each message in each of twelve queues are more than three times the message.
  const names = Array.from({ length: 12 }, (_, index) => `c${index}`);
  const consumers = Object.fromEntries(names.map((name) => [name, { module, options: { log: join(folder, name) } }]));
  const limits = { maxDiskBytes: LIMIT, segmentBytes: LIMIT / 4 };
  const hub = await startHub({ dataDir: join(folder, 'data'), consumers, ...limits });
  let [accepted, refused] = [0, 0];
  // What index files take is looked at once a second, and a quick machine can have ended a segment in between.
  while (accepted < 8_000 || (refused === 0 && accepted < 100_000)) {
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => hub.publish('load.x', '')));
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') accepted++;
      else expect(outcome.reason).toMatchObject({ code: 'DISK_LIMIT' });
    }
    if (outcomes.every(({ status }) => status === 'fulfilled')) continue;
    refused++;
    await until('there is room again', () => hub.snapshot().disk.full === undefined);
  }
  expect(refused).toBeGreaterThan(0);
  await allSettled(hub);
  for (const name of names) expect(readLines(join(folder, name))).toHaveLength(accepted);
});

it('holds a real PUSH publisher, answers a ROUTER’s with DISK_LIMIT, and loses nothing', async () => {
  const [pull, router] = [`tcp://127.0.0.1:${await freePort()}`, `tcp://127.0.0.1:${await freePort()}`];
  const options = { log: './numbers', file: './open' };
  const project = new HubProject({
    'hub.config.mjs': `
      import { zeromq } from '@penstock/zeromq';
      const all = { module: ${JSON.stringify(fixture('wait-for-file'))}, options: ${JSON.stringify(options)} };
      const sources = [zeromq({ pull: [{ bind: '${pull}' }], router: [{ bind: '${router}' }] })];
      export default { http: false, sources, consumers: { all }, maxDiskBytes: ${LIMIT}, segmentBytes: ${SEGMENT} };
    `,
  });
  const hub = await project.run();
  const push = new Push({ linger: -1 });
  push.connect(pull);
  const count = 20_000;
  const sending = (async () => {
    const rest = ' '.repeat(1_024);
    for (let number = 0; number < count; number++) await push.send(['test.x', `${number}${rest}`]);
  })();
  const { consumers } = await project.statusWhen(({ disk }) => disk.full === 'limit');
  expect(consumers[0]?.backlog).toBeLessThan(count);
  await hub.line(/nothing more is taken: the data directory takes \d+ bytes, and maxDiskBytes is 1048576/);

  const dealer = new Dealer({ linger: 0 });
  dealer.connect(router);
  await dealer.send(['r-1', 'elsewhere', '', 'not now']);
  expect((await dealer.receive()).map(String)).toEqual(['r-1', 'error', 'DISK_LIMIT']);
  dealer.close();
  const publishing = project.hub(['publish', 'elsewhere', 'by-hand', '--timeout', '0.5']);
  expect(await publishing.ended).toEqual({ code: 37, signal: null });
  const waiting = project.hub(['publish', 'elsewhere', 'by-hand', '--timeout', '60']);

  project.write({ open: '' });
  await sending;
  push.close();
  await until('all have come', () => readLines(project.path('numbers')).length >= count);
  expect(await waiting.ended).toEqual({ code: 0, signal: null });
  const { disk } = await project.statusWhen(({ disk }) => disk.full === undefined);
  expect(disk.bytes).toBeLessThan(LIMIT);
});

it('a limit that one segment could fill is no config', async () => {
  const project = new HubProject({
    'hub.config.json': JSON.stringify({ maxDiskBytes: LIMIT, segmentBytes: LIMIT / 4 + 1 }),
  });
  const check = project.hub(['check']);
  expect(await check.ended).toEqual({ code: 12, signal: null });
  expect(check.output).toContain('maxDiskBytes: must be 4 times segmentBytes at least, not 1048576');
});
