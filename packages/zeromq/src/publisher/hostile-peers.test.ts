// What peers at a publisher's bound socket can do to it, whether out of malice or by mistake: next to nothing.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { freeTcpEndpoint } from '../../test/endpoints.js';
import { PublisherRig, when } from '../../test/publisher-rig.js';
import { closers } from '../../test/source-rig.js';
import { NullMechanism } from './mechanism.js';
import { Connections, type RouteParts } from './route.js';
import { command, Flag, GREETING_BYTES, greeting, properties } from './zmtp-wire.js';

const ready = (type: string) => command('READY', properties({ 'Socket-Type': type }));

/** A peer at a TCP endpoint, which has sent these bytes. */
async function peer(endpoint: string, ...bytes: readonly Buffer[]): Promise<Socket> {
  const { hostname, port } = new URL(endpoint.replace('tcp:', 'http:'));
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  closers.push(() => socket.destroy());
  await once(socket, 'connect');
  socket.write(Buffer.concat(bytes));
  return socket;
}

const pulling = (endpoint: string) => peer(endpoint, greeting('NULL', false), ready('PULL'));

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

/** What a peer is sent, as one text that grows. */
function heard(socket: Socket): { text: string } {
  const all = { text: '' };
  socket.on('data', (bytes: Buffer) => {
    all.text += bytes.toString('latin1');
  });
  return all;
}

async function bound(kind: 'push' | 'pub') {
  const endpoint = await freeTcpEndpoint();
  return { endpoint, rig: await PublisherRig.open({ [kind]: { bind: endpoint } }) };
}

const message = (body: string) => Buffer.concat([Buffer.of(0, body.length), Buffer.from(body)]);

test('a receiver that confirms nothing is waited for once when the publisher stops, and then cut off', async () => {
  const { endpoint, rig } = await bound('push');
  const receiver = await pulling(endpoint);
  rig.send('a');
  const all = heard(receiver);
  await when(() => all.text.includes('PING'));
  const gone = closed(receiver);
  await rig.drain();
  await gone;
  expect(rig.returned).toEqual(['a']);
});

describe('a peer is cut off, with a line that says why, that', () => {
  test.each([
    [
      'speaks another protocol, and waits for an answer',
      [Buffer.from('GET / HTTP/1.1\r\n')],
      'does not greet as ZeroMQ',
    ],
    ['speaks an old version', [greeting('NULL', false).subarray(0, 10), Buffer.of(1, 0)], 'ZMTP 2 or older'],
    ['wants another mechanism', [greeting('\x1b[2JPLAIN', false)], 'it wants ?[2JPLAIN, and this end is set to NULL'],
    [
      'sends a message in the handshake',
      [greeting('NULL', false), message('\x05READY')],
      'before the handshake was over',
    ],
    ['sends another command', [greeting('NULL', false), command('HELLO')], 'it sent HELLO where READY was due'],
    [
      'sends endless bytes',
      [greeting('NULL', false), Buffer.from([Flag.LONG, 0x7f, ...Buffer.alloc(8, 0xff)])],
      'a frame of',
    ],
    [
      'is none to send to',
      [greeting('NULL', false), ready(`X\n${'y'.repeat(1_000)}`)],
      `it is a X?${'y'.repeat(62)} socket`,
    ],
    [
      'reports an error',
      [greeting('NULL', false), command('ERROR', Buffer.from('\x03no!'))],
      'it refused the connection: no!',
    ],
  ])('%s', async (_what, bytes, why) => {
    const { endpoint, rig } = await bound('push');
    const socket = await peer(endpoint, ...bytes);
    socket.resume();
    await closed(socket);
    await when(() => rig.logged.some((line) => line.includes(why)));
  });

  test('subscribes to more than can be remembered', async () => {
    const { endpoint, rig } = await bound('pub');
    const socket = await peer(endpoint, greeting('NULL', false), ready('SUB'));
    socket.resume();
    for (let number = 0; number < 40; number++) {
      socket.write(command('SUBSCRIBE', Buffer.alloc(60_000, String.fromCharCode(number))));
    }
    await closed(socket);
    await when(() => rig.logged.some((line) => line.includes('its subscriptions take over 1048576 bytes')));
  });
});

test('those who connect and say nothing keep nobody out: the oldest of them make room', async () => {
  const ended: number[] = [];
  const server = createServer().listen(0, '127.0.0.1');
  closers.push(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const troubles: string[] = [];
  const connections = new Connections('here', {
    type: 'PUSH',
    bufferBytes: 1,
    sender: { admit: () => ({ pong() {}, subscription() {}, drained() {}, gone() {} }) },
    mechanism: () => new NullMechanism('PUSH'),
    connected: () => {},
    trouble: (_endpoint: string, problem: string) => troubles.push(problem),
  } as unknown as RouteParts);
  closers.push(() => connections.destroy());
  let arrived = 0;
  server.on('connection', (socket) => {
    const number = arrived++;
    connections.add(socket, () => ended.push(number));
  });
  const [first] = [await peer(`tcp://127.0.0.1:${port}`, greeting('NULL', false), ready('PULL'))];
  const standing = heard(first);
  await when(() => standing.text.includes('READY'));
  const silent: Socket[] = [];
  for (let number = 1; number <= 1_024; number++) silent.push(await peer(`tcp://127.0.0.1:${port}`));
  await when(() => ended.length === 1);
  expect(ended).toEqual([1]);
  expect(troubles).toEqual([expect.stringContaining('too many stand')]);
});

describe('a PING', () => {
  test('is answered with its context', async () => {
    const { endpoint } = await bound('push');
    const socket = await pulling(endpoint);
    const all = heard(socket);
    socket.write(command('PING', Buffer.from('\0\0context')));
    await when(() => all.text.includes('\x04PONGcontext'));
  });

  test('of a receiver that is full and reads nothing costs no memory, and does not end its connection', async () => {
    const { endpoint, rig } = await bound('push');
    const socket = await pulling(endpoint);
    socket.pause();
    const count = 200;
    for (let number = 0; number < count; number++) rig.send(String(number), { body: Buffer.alloc(100_000) });
    const pings = Buffer.concat(new Array(5_000).fill(command('PING', Buffer.alloc(2))));
    for (let more = 0; more < 20; more++) {
      if (!socket.write(pings)) await once(socket, 'drain');
    }
    let [pongs, tail] = [0, ''];
    socket.on('data', (bytes: Buffer) => {
      const text = tail + bytes.toString('latin1');
      pongs += text.split('\x04PONG').length - 1;
      const pings = text.split('\x04PING').length - 1;
      for (let number = 0; number < pings; number++) socket.write(command('PONG'));
      // As much as may be the beginning of either, and is none of them as a whole.
      tail = text.slice(-4);
    });
    socket.resume();
    await when(() => rig.settled.length === count);
    expect(rig.settled).toEqual(Array.from({ length: count }, (_, number) => String(number)));
    // Answered were those that came while there was room; far fewer than had been asked.
    expect(pongs).toBeLessThan(100_000);
    expect(rig.logged.filter((line) => !line.includes('connected'))).toEqual([]);
  });
});

test('an answer that nothing asked for settles nothing', async () => {
  const { endpoint, rig } = await bound('push');
  const socket = await pulling(endpoint);
  const all = heard(socket);
  socket.write(command('PONG'));
  rig.send('a');
  await when(() => all.text.includes('\x04PING'));
  socket.write(Buffer.concat([command('PONG', Buffer.from('another')), command('PING', Buffer.from('\0\0seen'))]));
  await when(() => all.text.includes('seen'));
  expect(rig.settled).toEqual([]);
  socket.write(command('PONG'));
  await when(() => rig.settled.length === 1);
});

test('whoever goes in the middle of a greeting leaves the others alone', async () => {
  const { endpoint, rig } = await bound('push');
  for (let bytes = 0; bytes < GREETING_BYTES; bytes += 9) {
    (await peer(endpoint, greeting('NULL', false).subarray(0, bytes))).destroy();
  }
  const socket = await pulling(endpoint);
  const all = heard(socket);
  rig.send('a');
  await when(() => all.text.includes('\x04PING'));
  socket.write(command('PONG'));
  await when(() => rig.settled.length === 1);
});
