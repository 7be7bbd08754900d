// The whole quickstart in one go, with the hub's status live: four consumers of different pace go through a spike of
// messages. Ends by itself when all have caught up, and counts what reached whom.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { renderStatus } from '@penstock/cli';
import { readDeliveries } from './deliveries.mjs';
import { Quickstart } from './quickstart.mjs';
import { Screen } from './screen.mjs';

const HELP = `Usage: pnpm demo [options]

Runs a hub with four consumers of different pace through a spike of messages, shows the backlog of each while it
builds up and is worked off, and counts at the end what reached whom. About 50 seconds; Ctrl-C ends it early, once more
at once.

  --spikes N          how many spikes                              (1)
  --rate N            messages per second in a spike               (120)
  --spike-seconds N   how long a spike lasts                       (10)
  --lead-seconds N    how long the quiet stretch before it lasts   (5)
  --quiet-seconds N   how long the quiet stretch after each lasts  (25)
  --keep              keep the scratch folder, to look into it
  --help              this text
`;

/** How long the consumers may take to catch up after the last message. */
const CATCH_UP_TIMEOUT_MS = 120_000;
const LOOK_EVERY_MS = 1_000;

/** Options of the publisher that the demo passes on. */
const PUBLISHER_OPTIONS = {
  spikes: '1',
  rate: '120',
  'spike-seconds': '10',
  'lead-seconds': '5',
  'quiet-seconds': '25',
};

const { values } = parseArgs({
  options: {
    ...Object.fromEntries(
      Object.entries(PUBLISHER_OPTIONS).map(([name, value]) => [name, { type: 'string', default: value }]),
    ),
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else await demo();

async function demo() {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-demo-'));
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (interrupt.signal.aborted) process.exit(1);
      interrupt.abort();
    });
  }
  try {
    console.log('The hub starts …');
    const quickstart = await Quickstart.start(folder);
    console.log(`Its metrics are at ${quickstart.metricsUrl}\n`);
    const complete = await run(quickstart, folder, interrupt.signal).finally(() => quickstart.stop());
    if (interrupt.signal.aborted) console.log('\nEnded early: what has not reached a consumer was still queued.');
    else if (!complete) process.exitCode = 1;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    if (values.keep) console.log(`\nThe scratch folder is ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

/** Sends, watches, ends everything in order, and counts; true when all that was sent reached every consumer. */
async function run(quickstart, folder, interrupted) {
  const publisher = quickstart.publish(Object.keys(PUBLISHER_OPTIONS).flatMap((name) => [`--${name}`, values[name]]));
  const highest = await watch(quickstart, publisher, interrupted).finally(() => publisher.stop());
  const sentIds = await publisher.sentIds;
  const ending = await quickstart.stop();
  const how = ending === 0 ? 'in order' : `with ${ending}`;
  console.log(`\nThe hub ended ${how}. ${sentIds.length} messages were sent.\n`);
  const complete = report(sentIds, await readDeliveries(folder), highest);
  return complete && ending === 0;
}

/** Shows the status until every consumer has worked off all that was sent; gives each one's highest backlog. */
async function watch(quickstart, publisher, interrupted) {
  const screen = new Screen(process.stdout);
  const highest = new Map();
  let endedAt;
  while (!interrupted.aborted) {
    const snapshot = await quickstart.status();
    for (const { consumer, backlogPeak } of snapshot.consumers) {
      highest.set(consumer, Math.max(highest.get(consumer) ?? 0, backlogPeak));
    }
    const phase = publisher.ended ? 'done, the consumers catch up' : publisher.phase;
    screen.show(`Publisher: ${phase}\n${renderStatus(snapshot, screen.style)}`);
    if (publisher.ended) {
      endedAt ??= performance.now();
      if (caughtUp(snapshot, publisher.sentCount)) break;
      if (performance.now() - endedAt > CATCH_UP_TIMEOUT_MS) break;
    }
    await delay(LOOK_EVERY_MS, undefined, { signal: interrupted }).catch(() => undefined);
  }
  return highest;
}

function caughtUp({ sources, consumers }, sentCount) {
  const received = sources.reduce((sum, source) => sum + source.receivedTotal, 0);
  return received >= sentCount && consumers.every(({ backlog }) => backlog === 0);
}

/** Prints for each consumer what reached it; true when everything did. */
function report(sentIds, deliveries, highest) {
  const line = (...cells) =>
    console.log(cells.map((cell, at) => (at === 0 ? cell.padEnd(14) : cell.padStart(17))).join(''));
  line('CONSUMER', 'REACHED BY', 'MISSING', 'TWICE OR MORE', 'HIGHEST BACKLOG');
  let complete = true;
  for (const [consumer, ids] of deliveries) {
    const reached = new Set(ids);
    const missing = sentIds.filter((id) => !reached.has(id)).length;
    complete &&= missing === 0;
    line(consumer, ...[reached.size, missing, ids.length - reached.size, highest.get(consumer) ?? 0].map(String));
  }
  return complete;
}
