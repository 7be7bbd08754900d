import { afterEach, describe, expect, test } from 'vitest';
import { capability, type Event, Pull, type Push, Subscriber } from 'zeromq';
import { keyFile } from '../../test/curve-rig.js';
import { freeTcpEndpoint } from '../../test/endpoints.js';
import { closers } from '../../test/source-rig.js';
import { Dialer } from '../publisher/dialer.js';
import { Listener } from '../publisher/listener.js';
import type { PublishingType } from '../publisher/mechanism.js';
import { PubSender } from '../publisher/pub-sender.js';
import { PushSender } from '../publisher/push-sender.js';
import type { Route } from '../publisher/route.js';
import { generateKeyPair, type KeyPair } from './keys.js';
import type { CurveSettings } from './options.js';
import { mechanismMaker } from './publisher-mechanism.js';

const [hub, ada, bob] = [generateKeyPair(), generateKeyPair(), generateKeyPair()];
const withoutCurve = capability.curve === true ? false : 'ZeroMQ was built without CURVE';
/** Enough that a body has a frame head of nine bytes, and a message more than one box. */
const BODY = Buffer.alloc(70_000, 'b');

const publishers: { destroy(): void }[] = [];
afterEach(() => {
  for (const publisher of publishers.splice(0)) publisher.destroy();
});

async function publisher(type: PublishingType, how: 'bind' | 'connect', endpoint: string, curve: CurveSettings) {
  const troubles: string[] = [];
  let told: (() => void) | undefined;
  const sender =
    type === 'PUSH'
      ? new PushSender({ inFlight: 1_000, confirm: true, alone: () => {}, stalled: () => {} })
      : new PubSender({ noDrop: true, dropped: () => {}, unwanted: () => {} });
  const parts = {
    ...{ type, sender, bufferBytes: 1_000_000, reconnectIntervalMs: 10, reconnectMaxIntervalMs: 10 },
    mechanism: mechanismMaker(type, curve),
    connected: () => {},
    trouble: (_endpoint: string, problem: string) => {
      troubles.push(problem);
      told?.();
    },
  };
  const route: Route = how === 'bind' ? new Listener(endpoint, parts) : new Dialer(endpoint, parts);
  publishers.push({
    destroy: () => {
      sender.abort();
      route.destroy();
    },
  });
  await route.open();
  const trouble = async (): Promise<string> => {
    while (troubles.length === 0) {
      await new Promise<void>((resolve) => {
        told = resolve;
      });
    }
    return troubles[0] as string;
  };
  const send = (topic: string) => sender.send({ topic, headers: '{}', body: BODY });
  return { send, trouble };
}

function client<S extends Pull | Subscriber | Push>(socket: S, keys: KeyPair, serverKey: string): S {
  closers.push(() => socket.close());
  socket.linger = 0;
  socket.reconnectInterval = 10;
  socket.curvePublicKey = keys.publicKey;
  socket.curveSecretKey = keys.secretKey;
  socket.curveServerKey = serverKey;
  return socket;
}

async function server(endpoint: string, keys: KeyPair): Promise<Pull> {
  const pull = new Pull({ linger: 0, curveServer: true, curveSecretKey: keys.secretKey });
  closers.push(() => pull.close());
  await pull.bind(endpoint);
  return pull;
}

const topicsOf = async (socket: Pull | Subscriber, count: number): Promise<string[]> => {
  const topics: string[] = [];
  while (topics.length < count) {
    const [topic, headers, body] = await socket.receive();
    expect([String(headers), body?.equals(BODY)]).toEqual(['{}', true]);
    topics.push(String(topic));
  }
  return topics;
};

const bound = (...allowed: KeyPair[]): CurveSettings => ({
  secretKey: hub.secretKey,
  allowedClients: allowed.map(({ publicKey }) => publicKey),
});

describe.skipIf(withoutCurve)("a publisher's CURVE is that of ZeroMQ's own sockets", () => {
  test('where a PUSH connects: messages arrive, and are confirmed', async () => {
    const endpoint = await freeTcpEndpoint();
    const pull = await server(endpoint, hub);
    const { send } = await publisher('PUSH', 'connect', endpoint, { ...ada, serverKey: hub.publicKey });
    const sent = ['a.1', 'a.2', 'a.3'].map(send);
    expect(await topicsOf(pull, 3)).toEqual(['a.1', 'a.2', 'a.3']);
    await Promise.all(sent);
  });

  test('where a PUSH is bound, with a key from a file: messages arrive, and are confirmed', async () => {
    const endpoint = await freeTcpEndpoint();
    const { send } = await publisher('PUSH', 'bind', endpoint, {
      secretKeyFile: keyFile(hub.secretKey),
      allowedClientsFile: keyFile(ada.publicKey),
    });
    const pull = client(new Pull(), ada, hub.publicKey);
    pull.connect(endpoint);
    const sent = ['b.1', 'b.2'].map(send);
    expect(await topicsOf(pull, 2)).toEqual(['b.1', 'b.2']);
    await Promise.all(sent);
  });

  test('where a PUB is bound: subscriptions come through, and what they match goes out', async () => {
    const endpoint = await freeTcpEndpoint();
    const { send } = await publisher('PUB', 'bind', endpoint, bound(ada));
    const sub = client(new Subscriber(), ada, hub.publicKey);
    sub.subscribe('c.');
    sub.connect(endpoint);
    const topics = topicsOf(sub, 1);
    let done = false;
    void topics.finally(() => {
      done = true;
    });
    // Nothing tells a publisher from outside that a subscription has come.
    while (!done) {
      await send('other.topic');
      await send('c.1');
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await topics).toEqual(['c.1']);
  });
});

describe.skipIf(withoutCurve)('a publisher that is bound refuses', () => {
  test('a client whose key is not allowed, tells it so, and says which it was', async () => {
    const endpoint = await freeTcpEndpoint();
    const { trouble } = await publisher('PUSH', 'bind', endpoint, bound(ada));
    const pull = client(new Pull(), bob, hub.publicKey);
    const refusal = firstEvent(pull, 'handshake:error:auth');
    pull.connect(endpoint);
    expect(await trouble()).toContain(`its public key ${bob.publicKey.slice(0, 10)}…, of 127.0.0.1, is not allowed`);
    expect(await refusal).toMatchObject({ error: { status: 400 } });
  });

  test.each([
    ['that has no CURVE', undefined, 'perhaps it has no CURVE'],
    ['that was told another server key', bob.publicKey, 'it was told another public key'],
  ])('a client %s', async (_what, serverKey, message) => {
    const endpoint = await freeTcpEndpoint();
    const { trouble } = await publisher('PUSH', 'bind', endpoint, bound(ada));
    const pull = serverKey === undefined ? new Pull({ linger: 0 }) : client(new Pull(), ada, serverKey);
    closers.push(() => pull.close());
    pull.connect(endpoint);
    expect(await trouble()).toContain(message);
  });
});

test.skipIf(withoutCurve)('a publisher that connects sends nothing to a server with another key', async () => {
  const endpoint = await freeTcpEndpoint();
  await server(endpoint, bob);
  const { send, trouble } = await publisher('PUSH', 'connect', endpoint, { ...ada, serverKey: hub.publicKey });
  let settled = false;
  void send('never').then(
    () => {
      settled = true;
    },
    () => {},
  );
  await trouble();
  expect(settled).toBe(false);
});

async function firstEvent(socket: Pull, type: Event['type']): Promise<Event | undefined> {
  for await (const event of socket.events as AsyncIterable<Event | undefined>) {
    if (event === undefined || event.type === type) return event;
  }
  return undefined;
}
