// zeromq() over real sockets: what arrives, what is rejected and what is logged.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Push, Reply, XPublisher } from 'zeromq';
import { freeIpcEndpoint, freeTcpEndpoint } from '../test/endpoints.js';
import { bindWhenFree, closers, make, publisher, pusher, start } from '../test/source-rig.js';

describe('receiving', () => {
  test.each([
    ['tcp', freeTcpEndpoint],
    ['ipc', freeIpcEndpoint],
  ])('PULL that binds takes both kinds of message over %s', async (_, free) => {
    const bind = await free();
    const { context } = await start({ pull: [{ bind }] });
    const push = pusher(bind);
    await push.send(['org.example.a', Buffer.from([0, 255])]);
    await push.send(['org.example.b', '{"id":"7"}', 'body']);
    await context.until(() => context.accepted.length === 2);
    expect(context.accepted).toEqual([
      { topic: 'org.example.a', headers: undefined, body: Buffer.from([0, 255]) },
      { topic: 'org.example.b', headers: { id: '7' }, body: Buffer.from('body') },
    ]);
  });

  test('PULL that connects takes from several endpoints', async () => {
    const endpoints = [await freeTcpEndpoint(), freeIpcEndpoint()];
    const { context } = await start({ pull: [{ connect: endpoints }] });
    for (const endpoint of endpoints) {
      const push = new Push({ linger: 0 });
      closers.push(() => push.close());
      await push.bind(endpoint);
      await push.send([`from.${endpoint.slice(0, 3)}`, 'body']);
    }
    await context.until(() => context.accepted.length === 2);
    expect(context.topics.toSorted()).toEqual(['from.ipc', 'from.tcp']);
  });

  test('SUB that connects gets what begins with its prefixes, byte by byte', async () => {
    const endpoint = await freeTcpEndpoint();
    const { xpub, subscribed } = await publisher(endpoint);
    const { context } = await start({ subscribe: [{ connect: endpoint, topics: ['org.example.a', 'ü.'] }] });
    expect((await subscribed(2)).toSorted()).toEqual(['org.example.a', 'ü.']);
    for (const topic of ['org.example.b', 'org.example.abc', 'other', 'ü.x', 'org.example.a']) {
      await xpub.send([topic, 'body']);
    }
    await context.until(() => context.topics.includes('org.example.a'));
    expect(context.topics).toEqual(['org.example.abc', 'ü.x', 'org.example.a']);
  });

  test('SUB that binds gets everything without topics', async () => {
    const endpoint = await freeTcpEndpoint();
    const { context } = await start({ subscribe: [{ bind: endpoint }] });
    const xpub = new XPublisher({ linger: 0 });
    closers.push(() => xpub.close());
    xpub.connect(endpoint);
    expect((await xpub.receive())[0]).toEqual(Buffer.from([1]));
    await xpub.send(['any.topic', 'body']);
    await context.until(() => context.accepted.length === 1);
    expect(context.topics).toEqual(['any.topic']);
  });

  test('one source listens to SUB and PULL at the same time', async () => {
    const [bound, published] = [await freeTcpEndpoint(), await freeTcpEndpoint()];
    const { xpub, subscribed } = await publisher(published);
    const { context } = await start({ subscribe: [{ connect: published }], pull: [{ bind: bound }] });
    await subscribed(1);
    await xpub.send(['by.sub', 'body']);
    await pusher(bound).send(['by.pull', 'body']);
    await context.until(() => context.accepted.length === 2);
    expect(context.topics.toSorted()).toEqual(['by.pull', 'by.sub']);
  });

  test('a publisher that comes later, or goes and comes again, is connected to', async () => {
    const endpoint = await freeTcpEndpoint();
    const { context } = await start({ subscribe: [{ connect: endpoint, reconnectIntervalMs: 10 }] });
    for (const topic of ['first', 'second']) {
      const { xpub, subscribed } = await publisher(endpoint);
      await subscribed(1);
      await xpub.send([topic, 'body']);
      await context.until(() => context.topics.includes(topic));
      const connections = () => context.warnings().filter((text) => text.includes('the connection was lost'));
      const lost = connections().length;
      xpub.close();
      if (lost === 0) await context.until(() => connections().length === 1);
    }
    expect(context.topics).toEqual(['first', 'second']);
  });

  test('a burst of 20,000 messages arrives whole and in order', async () => {
    const bind = await freeTcpEndpoint();
    const { context } = await start({ pull: [{ bind }] });
    const push = pusher(bind);
    for (let at = 0; at < 20_000; at++) await push.send([`n.${at % 7}`, `{"id":"${at}"}`, 'body']);
    await context.until(() => context.accepted.length === 20_000);
    expect(context.accepted.every(({ topic, headers }, at) => headers?.id === `${at}` && topic === `n.${at % 7}`)).toBe(
      true,
    );
  });
});

describe('rejecting', () => {
  test('counts by reason what is no message, logs each reason, and goes on', async () => {
    const bind = await freeTcpEndpoint();
    const { context } = await start({ pull: [{ bind, maxMessageBytes: 1000 }] });
    const push = pusher(bind);
    await push.send(['alone']);
    await push.send(['a', '{}', 'body', 'more']);
    await push.send([Buffer.from([0xff]), 'body']);
    await push.send(['a..b', 'body']);
    await push.send(['a', 'no json', 'body']);
    await push.send(['a', '{"n":1}', 'body']);
    await push.send(['a', Buffer.alloc(1000)]);
    await push.send(['good', 'body']);
    await context.until(() => context.accepted.length === 1);
    expect(context.topics).toEqual(['good']);
    expect(context.rejected).toEqual(['frames', 'frames', 'topic', 'topic', 'headers', 'headers', 'size']);
    const reasons = context.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields?.reason);
    expect(reasons).toEqual(['frames', 'topic', 'headers', 'size']);
  });

  test('logs at the stop how many were rejected without a line', async () => {
    const bind = await freeTcpEndpoint();
    const { context, source } = await start({ pull: [{ bind }] });
    const push = pusher(bind);
    for (let at = 0; at < 100; at++) await push.send(['alone']);
    await context.until(() => context.rejected.length === 100);
    await source.stop();
    expect(context.warnings()).toEqual([
      expect.stringMatching(/^rejected: a message must have 2 or 3 frames/),
      expect.stringContaining('(99 times since the last such line)'),
    ]);
  });

  test('a frame over the limit of the transport costs its bound sender the connection, and nothing else', async () => {
    const bind = await freeTcpEndpoint();
    const { context } = await start({ pull: [{ bind, maxMessageBytes: 1000 }] });
    const rude = new Push({ linger: 0, reconnectInterval: 10 });
    closers.push(() => rude.close());
    rude.connect(bind);
    await rude.send(['a', Buffer.alloc(2 * 1024 * 1024)]);
    await rude.send(['rude.again', 'body']);
    await pusher(bind).send(['polite', 'body']);
    await context.until(() => context.accepted.length === 2);
    expect(context.topics.toSorted()).toEqual(['polite', 'rude.again']);
  });

  test('a frame over the limit of the transport does not silence an endpoint that was connected to', async () => {
    const endpoint = await freeTcpEndpoint();
    const { xpub, subscribed } = await publisher(endpoint);
    const { context } = await start({ subscribe: [{ connect: endpoint, maxMessageBytes: 1000 }] });
    await subscribed(1);
    await xpub.send(['a', Buffer.alloc(2 * 1024 * 1024)]);
    // ZeroMQ itself would never connect again.
    await subscribed(1);
    await xpub.send(['after', 'body']);
    await context.until(() => context.accepted.length === 1);
    expect(context.rejected).toEqual(['size']);
    expect(context.topics).toEqual(['after']);
  });
});

describe('starting', () => {
  test('an address in use is an error that names source, endpoint and what to do; nothing stays open', async () => {
    const [free, taken] = [await freeTcpEndpoint(), await freeTcpEndpoint()];
    const other = new Push({ linger: 0 });
    closers.push(() => other.close());
    await other.bind(taken);
    const { source } = make({ pull: [{ bind: [free, taken] }] });
    await expect(source.start()).rejects.toMatchObject({
      code: 'SOURCE_START_FAILED',
      message: `source "bus", pull[0]: cannot bind ${taken}: the address is in use; stop what listens there, or choose another one`,
    });
    const next = new Push({ linger: 0 });
    closers.push(() => next.close());
    await next.bind(free);
  });

  test.each([
    ['tcp://203.0.113.1:9940', 'this machine has no such address'],
    ['tcp://nosuchinterface0:9940', 'there is no such host or network interface'],
    ['ipc:///nosuch/directory/bus.sock', 'its directory does not exist'],
    [`ipc:///tmp/${'a'.repeat(150)}`, 'the path is too long'],
  ])('%s is refused in plain words', async (bind, words) => {
    const { source } = make({ pull: [{ bind }] });
    await expect(source.start()).rejects.toThrow(words);
  });

  test('binding to more than loopback warns, and loopback does not', async () => {
    const port = (await freeTcpEndpoint()).split(':').at(-1);
    const exposed = await start({ pull: [{ bind: `tcp://*:${port}` }] });
    expect(exposed.context.warnings()).toEqual([expect.stringContaining(`tcp://*:${port} is open to other machines`)]);
    const local = await start({ pull: [{ bind: [await freeTcpEndpoint(), freeIpcEndpoint()] }] });
    expect(local.context.warnings()).toEqual([]);
  });

  test('an endpoint where nobody answers is named, and the start does not wait for it', async () => {
    const connect = await freeTcpEndpoint();
    const { context } = await start({ pull: [{ connect }] });
    await context.until(() => context.warnings().length > 0);
    expect(context.warnings()).toEqual([`${connect}: nobody answers there; trying again`]);
  });
});

describe('what answers at the other end', () => {
  test('a server of another protocol is named, and tried again', async () => {
    const server = createServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(10)));
    closers.push(() => server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { context } = await start({ pull: [{ connect: `tcp://127.0.0.1:${port}` }] });
    await context.until(() => context.warnings().some((text) => text.includes('does not greet as ZeroMQ does')));
  });

  test('a ZeroMQ socket of the wrong kind is named, and replaced by the right one is received from', async () => {
    const endpoint = await freeTcpEndpoint();
    const reply = new Reply({ linger: 0 });
    await reply.bind(endpoint);
    const { context } = await start({ pull: [{ connect: endpoint, reconnectIntervalMs: 10 }] });
    await context.until(() =>
      context.warnings().includes(`${endpoint}: what answers there is no PUSH socket; trying again`),
    );
    reply.close();
    const push = new Push({ linger: 0 });
    closers.push(() => push.close());
    await bindWhenFree(push, endpoint);
    await push.send(['a', 'body']);
    await context.until(() => context.accepted.length === 1);
    expect(context.rejected).toEqual([]);
  });
});
