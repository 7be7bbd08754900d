import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Publisher, Pull, Push, Subscriber } from 'zeromq';
import { freeIpcEndpoint, freeTcpEndpoint } from '../../test/endpoints.js';
import { PublisherRig, when } from '../../test/publisher-rig.js';
import { closers } from '../../test/source-rig.js';

async function bound<Kind extends Pull | Subscriber | Push>(socket: Kind, endpoint: string): Promise<Kind> {
  closers.push(() => socket.close());
  await socket.bind(endpoint);
  return socket;
}

function connected<Kind extends Pull | Subscriber>(socket: Kind, endpoint: string): Kind {
  closers.push(() => socket.close());
  socket.connect(endpoint);
  return socket;
}

const texts = async (socket: Pull | Subscriber): Promise<string[]> => (await socket.receive()).map(String);

describe('over PUSH', () => {
  test.each([
    { over: 'tcp', endpoint: freeTcpEndpoint },
    { over: 'ipc', endpoint: async () => freeIpcEndpoint() },
  ])('a message comes as topic, headers with its id, and body, over $over', async ({ endpoint }) => {
    const at = await endpoint();
    const pull = await bound(new Pull(), at);
    const rig = await PublisherRig.open({ push: { connect: at } });
    rig.send('id-1', { topic: 'a.b', headers: { who: 'adä' }, body: Buffer.from([0, 255, 1]) });
    const [topic, headers, body] = await pull.receive();
    expect([String(topic), JSON.parse(String(headers)), body]).toEqual([
      'a.b',
      { who: 'adä', id: 'id-1' },
      Buffer.from([0, 255, 1]),
    ]);
    await when(() => rig.settled.length === 1);
  });

  test('it can listen as well, and receivers that connect take messages in turn', async () => {
    const endpoint = await freeTcpEndpoint();
    const rig = await PublisherRig.open({ push: { bind: endpoint } });
    const pulls = [connected(new Pull(), endpoint), connected(new Pull(), endpoint)];
    const got = pulls.map(() => 0);
    for (const [index, pull] of pulls.entries()) {
      void (async () => {
        for await (const _ of pull) got[index] = (got[index] ?? 0) + 1;
      })();
    }
    for (let number = 0; !got.every((count) => count > 2); number++) {
      rig.send(String(number));
      await when(() => rig.settled.length === number + 1);
    }
  });

  test('what a receiver has no room for is not settled until it has', async () => {
    const endpoint = await freeTcpEndpoint();
    const pull = await bound(new Pull({ receiveHighWaterMark: 10 }), endpoint);
    const rig = await PublisherRig.open({ push: { connect: endpoint } });
    for (let number = 0; number < 5; number++) rig.send(String(number));
    await when(() => rig.settled.length === 5);
    for (let number = 5; number < 50; number++) rig.send(String(number));
    // The receiver's thread runs on by itself: 45 more do not fit, whatever time it is given.
    await texts(pull);
    expect(rig.settled).toHaveLength(5);
    for (let number = 1; number < 50; number++) await texts(pull);
    await when(() => rig.settled.length === 50);
    expect(rig.settled).toEqual(Array.from({ length: 50 }, (_, number) => String(number)));
  });

  test('waits for a receiver that is not there, and says how many messages wait', async () => {
    const endpoint = await freeTcpEndpoint();
    const rig = await PublisherRig.open({ push: { connect: endpoint, reconnectIntervalMs: 10 } });
    rig.send('a');
    await when(() => rig.logged.some((line) => line.includes('1 messages or more wait')));
    await when(() => rig.logged.some((line) => line === `${endpoint}: nobody answers there`));
    const pull = await bound(new Pull(), endpoint);
    expect((await texts(pull))[0]).toBe('test.topic');
    await when(() => rig.settled.length === 1);
  });

  test('a receiver that goes before it answered gets nothing settled; the next one gets it all, in order', async () => {
    const endpoint = await freeTcpEndpoint();
    const first = await bound(new Pull({ receiveHighWaterMark: 1, linger: 0 }), endpoint);
    const rig = await PublisherRig.open({ push: { connect: endpoint, reconnectIntervalMs: 10 } });
    for (let number = 0; number < 100; number++) rig.send(String(number));
    await texts(first);
    first.close();
    const ids: string[] = [];
    const second = await (async () => {
      for (;;) {
        const socket = new Pull();
        try {
          return await bound(socket, endpoint);
        } catch {
          socket.close();
        }
      }
    })();
    while (ids.at(-1) !== '99') ids.push(JSON.parse((await texts(second))[1] as string).id);
    const from = Number(ids[0]);
    expect(ids).toEqual(Array.from({ length: 100 - from }, (_, index) => String(from + index)));
    // Settled without the second: what the first could hold.
    expect(from).toBeLessThan(5);
    await when(() => rig.settled.length === 100);
  });

  test('another kind of socket is named, and gets nothing', async () => {
    const endpoint = await freeTcpEndpoint();
    await bound(new Push(), endpoint);
    const rig = await PublisherRig.open({ push: { connect: endpoint, reconnectIntervalMs: 10 } });
    rig.send('a');
    await when(() => rig.logged.some((line) => line.includes('it is a PUSH socket; a PUSH speaks to PULL')));
    expect(rig.settled).toEqual([]);
  });

  test('ends at once when the drain time is over, whatever is on its way', async () => {
    const endpoint = await freeTcpEndpoint();
    await bound(new Pull({ receiveHighWaterMark: 1, linger: 0 }), endpoint);
    const rig = await PublisherRig.open({ push: { connect: endpoint } });
    rig.send('first');
    await when(() => rig.settled.length === 1);
    for (let number = 0; number < 100; number++) rig.send(String(number));
    rig.abort();
    await when(() => rig.returned.length === 100);
  });

  test('an address in use is told with what to do', async () => {
    const endpoint = await freeTcpEndpoint();
    await bound(new Pull(), endpoint);
    await expect(PublisherRig.open({ push: { bind: endpoint } })).rejects.toMatchObject({
      code: 'CONSUMER_OPEN_FAILED',
      message: expect.stringContaining(`cannot bind ${endpoint}: the address is in use`),
    });
  });

  test.each([
    ['a directory that is not there', 'no-such-directory/socket', 'its directory is not there'],
    ['a file that is no socket', 'file', 'the address is in use'],
  ])('%s at an ipc path is told, and left alone', async (_what, name, why) => {
    const directory = mkdtempSync(join(tmpdir(), 'penstock-ipc-'));
    closers.push(() => rmSync(directory, { recursive: true }));
    writeFileSync(join(directory, 'file'), 'kept');
    await expect(PublisherRig.open({ push: { bind: `ipc://${join(directory, name)}` } })).rejects.toThrow(why);
    expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('kept');
  });

  test('the file that a killed process left at an ipc path is no obstacle, a running one is', async () => {
    const endpoint = freeIpcEndpoint();
    const first = await PublisherRig.open({ push: { bind: endpoint } });
    await expect(PublisherRig.open({ push: { bind: endpoint } })).rejects.toThrow(/in use/);
    await first.close();
    const { createServer } = await import('node:net');
    const { spawnSync } = await import('node:child_process');
    const path = endpoint.slice('ipc://'.length);
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    await expect(
      new Promise((resolve, reject) =>
        createServer()
          .once('error', reject)
          .listen(path, () => resolve(undefined)),
      ),
    ).rejects.toThrow(/EADDRINUSE/);
    await PublisherRig.open({ push: { bind: endpoint } });
  });
});

describe('over PUB', () => {
  test('a subscriber gets what it subscribed to, numbered from 1, and nothing after it cancelled', async () => {
    const endpoint = await freeTcpEndpoint();
    const rig = await PublisherRig.open({ pub: { bind: endpoint } });
    const subscriber = connected(new Subscriber(), endpoint);
    subscriber.subscribe('a.', 'end');
    const got: { topic: string; publisher: string; sequence: number }[] = [];
    const take = async () => {
      const [topic = '', headers = ''] = await texts(subscriber);
      const { publisher, sequence } = JSON.parse(headers);
      got.push({ topic, publisher, sequence: Number(sequence) });
    };
    // The slow joiner: what is published before the subscription has come is nobody's.
    const knocking = setInterval(() => rig.send('knock', { topic: 'a.knock' }), 5);
    await take();
    clearInterval(knocking);
    rig.send('1', { topic: 'a.1', headers: { publisher: 'upstream@0123456789abcdef/1', sequence: '77' } });
    rig.send('2', { topic: 'b.2' });
    rig.send('3', { topic: 'a.3' });
    while (got.at(-1)?.topic !== 'a.3') await take();
    const [one, three] = got.slice(-2);
    expect(one?.publisher).toMatch(/^out@[0-9a-f]{16}\/\d+$/);
    expect(three?.publisher).toBe(one?.publisher);
    expect(Number(three?.sequence) - Number(one?.sequence)).toBe(2);
    subscriber.unsubscribe('a.');
    const ending = setInterval(() => {
      rig.send('4', { topic: 'a.4' });
      rig.send('end', { topic: 'end' });
    }, 5);
    const seen = new Set<string>();
    while (!(seen.has('end') && got.at(-1)?.topic === 'end' && got.at(-2)?.topic === 'end')) {
      await take();
      seen.add(got.at(-1)?.topic as string);
    }
    clearInterval(ending);
  });

  test('it can connect to a subscriber that listens', async () => {
    const endpoint = await freeTcpEndpoint();
    const subscriber = await bound(new Subscriber(), endpoint);
    subscriber.subscribe();
    const rig = await PublisherRig.open({ pub: { connect: endpoint } });
    const knocking = setInterval(() => rig.send('knock'), 5);
    expect((await texts(subscriber))[0]).toBe('test.topic');
    clearInterval(knocking);
  });

  test.each([
    { noDrop: false, does: 'drops for a slow subscriber, which is told, and settles all the same' },
    { noDrop: true, does: 'waits for a slow subscriber where it is told to, and loses nothing' },
  ])('$does', async ({ noDrop }) => {
    const endpoint = await freeTcpEndpoint();
    const rig = await PublisherRig.open({ pub: { bind: endpoint, bufferBytes: 65_536, noDrop } });
    const subscriber = connected(new Subscriber({ receiveHighWaterMark: 1 }), endpoint);
    subscriber.subscribe();
    const knocking = setInterval(() => rig.send('knock'), 5);
    await texts(subscriber);
    clearInterval(knocking);
    const body = Buffer.alloc(100_000);
    const count = 300;
    for (let number = 0; number < count; number++) {
      rig.send(String(number), { topic: 'large', body });
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (!noDrop) {
      await when(() => rig.settled.at(-1) === String(count - 1));
      expect(rig.logged.join('\n')).toMatch(/a subscriber is slow/);
      return;
    }
    expect(rig.settled).not.toContain(String(count - 1));
    for (let got = 0; got < count; ) if ((await texts(subscriber))[0] === 'large') got++;
    await when(() => rig.settled.at(-1) === String(count - 1));
  });

  test('what waits for a slow subscriber stays queued at a stop', async () => {
    const endpoint = await freeTcpEndpoint();
    const rig = await PublisherRig.open({ pub: { bind: endpoint, bufferBytes: 65_536, noDrop: true } });
    const subscriber = connected(new Subscriber({ receiveHighWaterMark: 1, linger: 0 }), endpoint);
    subscriber.subscribe();
    const knocking = setInterval(() => rig.send('knock'), 5);
    await texts(subscriber);
    clearInterval(knocking);
    for (let number = 0; number < 300; number++) rig.send(String(number), { body: Buffer.alloc(100_000) });
    await rig.drain();
    await when(() => rig.returned.includes('299'));
  });

  test('says when nobody has subscribed, and when what answers is no subscriber', async () => {
    const endpoint = await freeTcpEndpoint();
    const other = new Publisher();
    closers.push(() => other.close());
    await other.bind(endpoint);
    const rig = await PublisherRig.open({ pub: { connect: endpoint, reconnectIntervalMs: 10 } });
    rig.send('a');
    await when(() => rig.logged.some((line) => line === 'nobody has subscribed to what is published'));
    await when(() => rig.logged.some((line) => line.includes('it is a PUB socket; a PUB speaks to SUB or XSUB')));
  });
});
