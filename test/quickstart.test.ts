// The promise that Penstock exists for, on the quickstart as its users run it: consumers of very different pace share
// a bus, a spike piles up before the slow ones alone, each backlog shows, and every message reaches every consumer.
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { readDeliveries } from '../examples/quickstart/deliveries.mjs';
import { Quickstart } from '../examples/quickstart/quickstart.mjs';
import { Child } from './support/child.js';
import { Scrape } from './support/scrape.js';
import { tempDirInMemory } from './support/temp-dir.js';

const DEMO = fileURLToPath(new URL('../examples/quickstart/demo.mjs', import.meta.url));
const CONSUMERS = ['archive', 'badges', 'chat', 'notifications'];

/** How often the test looks: as a monitoring system would, only more often. */
const SCRAPE_EVERY_MS = 500;

/** How long after the spike every consumer is to have caught up. */
const CATCH_UP_MS = 60_000;

interface Look {
  readonly phase: string;
  readonly backlog: Readonly<Record<string, number>>;
}

it('a spike piles up before the slow consumers alone, shows, and is worked off, with every message everywhere', async () => {
  // In memory: this is about threads that do not wait for each other, not about the disk that they share.
  const folder = tempDirInMemory();
  const quickstart = await Quickstart.start(folder);
  onTestFinished(async () => void (await quickstart.stop()));
  const publisher = quickstart.publish(['--lead-seconds', '3', '--quiet-seconds', '2']);

  const looks: Look[] = [];
  const lookUntil = async (over: (look: Look) => boolean): Promise<Look> => {
    let look: Look | undefined;
    await Scrape.until(
      quickstart.metricsUrl,
      (scrape) => {
        const backlog = Object.fromEntries(
          CONSUMERS.map((consumer) => [consumer, scrape.value('penstock_consumer_backlog', { consumer })]),
        );
        look = { phase: publisher.phase, backlog };
        looks.push(look);
        return over(look);
      },
      SCRAPE_EVERY_MS,
    );
    return look as Look;
  };

  const afterSpike = await lookUntil(
    ({ phase }) => phase.startsWith('spike 1 of 1: over') || /^quiet.*2 s/.test(phase),
  );
  const deadline = performance.now() + CATCH_UP_MS;
  const isCaughtUp = ({ backlog }: Look) => Object.values(backlog).every((count) => count === 0);
  const atEnd = await lookUntil((look) => (publisher.ended && isCaughtUp(look)) || performance.now() > deadline);

  expect(afterSpike.backlog.badges).toBeGreaterThan(100);
  expect(afterSpike.backlog.chat).toBeGreaterThan(100);
  expect(looks.filter(({ backlog }) => Number(backlog.archive) > 5)).toEqual([]);
  expect(atEnd.backlog).toEqual({ archive: 0, badges: 0, chat: 0, notifications: 0 });

  const sentIds = await publisher.sentIds;
  const scrape = await Scrape.of(quickstart.metricsUrl);
  const badges = { consumer: 'badges' };
  const seconds = scrape.value('penstock_consumer_consume_duration_seconds_sum', badges);
  expect(seconds / scrape.value('penstock_consumer_consume_duration_seconds_count', badges)).toBeGreaterThan(0.01);
  expect(await quickstart.stop()).toBe(0);

  const deliveries = await readDeliveries(folder);
  expect(sentIds.length).toBe(3 * 5 + 120 * 10 + 2 * 5);
  // One thread and one at a time: in the order of the bus, each once.
  expect(deliveries.get('badges')).toEqual(sentIds);
  expect(deliveries.get('chat')).toEqual(sentIds);
  expect(deliveries.get('archive')).toEqual(sentIds);
  expect(deliveries.get('notifications')?.toSorted()).toEqual(sentIds.toSorted());
});

it('the demo ends by itself with a count that has nothing missing', async () => {
  const demo = Child.node(DEMO, ['--lead-seconds', '1', '--spike-seconds', '1', '--quiet-seconds', '1']);
  const ending = await demo.ended;
  expect({ ...ending, output: demo.output }).toMatchObject({
    code: 0,
    output: expect.stringMatching(/^archive +130 +0 /m),
  });
  for (const consumer of CONSUMERS) expect(demo.output).toMatch(new RegExp(`^${consumer} +130 +0 +0 `, 'm'));
});

it('the demo ends tidily on Ctrl-C', async () => {
  const demo = Child.node(DEMO);
  await demo.line(/^Publisher: (?:quiet|spike)/);
  demo.kill('SIGINT');
  expect(await demo.ended).toEqual({ code: 0, signal: null });
  expect(demo.output).toContain('The hub ended in order.');
  expect(demo.output).toContain('Ended early');
});
