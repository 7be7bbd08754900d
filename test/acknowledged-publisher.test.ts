// The promise of acknowledged ingest, on the example as its users run it: a publisher in another language that sends
// again what got no reply loses nothing, though the hub is killed in the middle, and nothing is in the list twice.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Child } from './support/child.js';
import { readLines } from './support/deliveries.js';
import { freePort } from './support/free-port.js';
import { HUB } from './support/hub-project.js';
import { pythonWithZmq } from './support/python.js';
import { ROOT } from './support/source-files.js';
import { tempDir } from './support/temp-dir.js';
import { until } from './support/until.js';

const EXAMPLE = join(ROOT, 'examples/acknowledged-publisher');
const COUNT = 20_000;
/** How many are acknowledged when the hub is killed. */
const KILLS_AT = [3000, 9000];

async function places() {
  const folder = tempDir();
  const endpoint = `tcp://127.0.0.1:${await freePort()}`;
  const env = { EXAMPLE_DIR: folder, EXAMPLE_ENDPOINT: endpoint, EXAMPLE_HTTP_PORT: String(await freePort()) };
  const startHub = async () => {
    const hub = Child.node(HUB, ['run', '--no-supervise'], { cwd: EXAMPLE, env });
    await hub.line(/^hub: ready$/);
    return hub;
  };
  const acknowledged = join(folder, 'acknowledged.txt');
  const publish = (...args: string[]) =>
    Child.spawn(
      String(pythonWithZmq),
      [join(EXAMPLE, 'publish.py'), '--endpoint', endpoint, '--acknowledged', acknowledged, ...args],
      {},
    );
  return { startHub, publish, acknowledged, orders: join(folder, 'orders.txt') };
}

const withPython = it.skipIf(pythonWithZmq === undefined);
const unless = pythonWithZmq === undefined ? ' (skipped: no python3-zmq)' : '';

withPython(
  `a hub that is killed ${KILLS_AT.length} times loses nothing that its publisher sends${unless}`,
  async () => {
    const { startHub, publish, acknowledged, orders } = await places();
    let hub = await startHub();
    const publisher = publish('--count', String(COUNT), '--window', '500', '--resend-seconds', '1');
    for (const count of KILLS_AT) {
      await until(`${count} are acknowledged`, () => readLines(acknowledged).length >= count);
      hub.kill('SIGKILL');
      await hub.ended;
      expect(readLines(acknowledged).length).toBeLessThan(COUNT);
      hub = await startHub();
    }
    expect(await publisher.ended, publisher.output).toEqual({ code: 0, signal: null });
    const [, resent] = await publisher.line(/^acknowledged: 20000 of 20000; sent again: (\d+); refused: 0$/);
    // At each kill something was on its way.
    expect(Number(resent)).toBeGreaterThanOrEqual(KILLS_AT.length);

    const ids = readLines(acknowledged);
    expect(new Set(ids).size).toBe(COUNT);
    await until('every acknowledged order is in the list', () => readLines(orders).length >= COUNT);
    hub.kill('SIGTERM');
    expect(await hub.ended).toEqual({ code: 0, signal: null });
    expect(readLines(orders).toSorted()).toEqual(ids.toSorted());
  },
);

withPython(`a hub that is stopped and started in the middle takes each message once${unless}`, async () => {
  const { startHub, publish, acknowledged, orders } = await places();
  const hub = await startHub();
  const publisher = publish('--count', String(COUNT), '--window', '500', '--resend-seconds', '1');
  await until('some are acknowledged', () => readLines(acknowledged).length >= 3000);
  hub.kill('SIGTERM');
  expect(await hub.ended).toEqual({ code: 0, signal: null });
  expect(readLines(acknowledged).length).toBeLessThan(COUNT);
  const next = await startHub();
  expect(await publisher.ended, publisher.output).toEqual({ code: 0, signal: null });
  await until('every order is in the list', () => readLines(orders).length >= COUNT);
  next.kill('SIGTERM');
  expect(await next.ended).toEqual({ code: 0, signal: null });
  expect(readLines(orders).toSorted()).toEqual(readLines(acknowledged).toSorted());
});

withPython(`a message that the hub can never take is refused, and the publisher says so${unless}`, async () => {
  const { startHub, publish } = await places();
  await startHub();
  const publisher = publish('--count', '3', '--topic', 'no..topic');
  expect(await publisher.ended).toEqual({ code: 1, signal: null });
  expect(publisher.output).toMatch(/^refused: \w+-1: TOPIC_INVALID$/m);
  expect(publisher.output).toContain('acknowledged: 0 of 3; sent again: 0; refused: 3');
});
