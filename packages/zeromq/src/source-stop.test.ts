// zeromq() over real sockets: that stopping always ends and leaves nothing, and a publisher in another language.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Publisher } from 'zeromq';
import { freeIpcEndpoint, freeTcpEndpoint } from '../test/endpoints.js';
import { closers, flood, make, pusher, script, start } from '../test/source-rig.js';

describe('stopping', () => {
  test('ends while a publisher floods, and nothing is handed over afterwards', async () => {
    const bind = await freeTcpEndpoint();
    const { context, source } = await start({ pull: [{ bind }] });
    const child = flood(bind);
    await context.until(() => context.accepted.length >= 5000);
    await source.stop();
    const accepted = context.accepted.length;
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(context.accepted).toHaveLength(accepted);
  });

  test('ends on an idle bus, and before anything was started', async () => {
    const { source } = make({
      subscribe: [{ connect: await freeTcpEndpoint() }],
      pull: [{ bind: await freeTcpEndpoint() }],
    });
    await source.stop();
    await source.start();
    await source.stop();
    await source.stop();
  });

  test('ends though nobody ever bound the inproc endpoint that it connects to', async () => {
    const { source } = await start({ pull: [{ connect: 'inproc://nobody' }] });
    await source.stop();
  });

  test('frees its port before it resolves, so that the source can be started again at once', async () => {
    const bind = await freeTcpEndpoint();
    const { context, source } = await start({ pull: [{ bind }] });
    for (let round = 0; round < 20; round++) {
      await source.stop();
      await source.start();
    }
    await pusher(bind).send(['a', 'body']);
    await context.until(() => context.accepted.length === 1);
  });

  test('10 callers that start and stop 50 times each leave nothing open, and no stop takes 5 s', async () => {
    const publisherAt = await freeTcpEndpoint();
    const pub = new Publisher({ linger: 0 });
    closers.push(() => pub.close());
    await pub.bind(publisherAt);
    const { source } = make({
      subscribe: [{ connect: [publisherAt, await freeTcpEndpoint()] }],
      pull: [{ bind: [await freeTcpEndpoint(), freeIpcEndpoint()] }],
    });
    await source.start();
    await source.stop();
    const before = openFiles();
    let longestMs = 0;
    const caller = async (_: unknown, number: number) => {
      for (let round = 0; round < 50; round++) {
        await source.start();
        // Each at a pace of its own, so that their calls meet every state.
        for (let turn = 0; turn < number; turn++) await new Promise((resolve) => setImmediate(resolve));
        const began = performance.now();
        await source.stop();
        longestMs = Math.max(longestMs, performance.now() - began);
      }
    };
    await Promise.all(Array.from({ length: 10 }, caller));
    await source.stop();
    expect(longestMs).toBeLessThan(5000);
    // What a publisher still holds of its last peers is closed by its own thread.
    await expect.poll(openFiles, { timeout: 10_000 }).toBeLessThanOrEqual(before);
  });
});

function openFiles(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
}

/** A Python that has pyzmq; the first on PATH may be another one than the system's. */
const python = ['/usr/bin/python3', 'python3'].find((command) => {
  try {
    execFileSync(command, ['-c', 'import zmq'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

const foreign = 'a Python publisher is understood, umlauts and all';
if (python === undefined) {
  test.skip(`${foreign} (skipped: no python3-zmq)`);
} else {
  test(foreign, async () => {
    const bind = await freeTcpEndpoint();
    const { context } = await start({ pull: [{ bind }] });
    const child = spawn(python, [script('publisher.py'), bind, '1000'], { stdio: 'inherit' });
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    await context.until(() => context.accepted.length === 1000);
    expect(context.rejected).toEqual([]);
    expect(context.accepted.map(({ body }) => JSON.parse(body.toString()).number)).toEqual([...Array(1000).keys()]);
    expect(context.accepted[1]?.headers).toEqual({ id: 'python-1', word: 'Grüße' });
  });
}
