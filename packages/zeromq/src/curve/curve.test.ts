import { describe, expect, test } from 'vitest';
import { capability, Push } from 'zeromq';
import { curvePusher, keyFile } from '../../test/curve-rig.js';
import { freeIpcEndpoint, freeTcpEndpoint } from '../../test/endpoints.js';
import type { FakeContext } from '../../test/fake-context.js';
import { bindWhenFree, closers, make, start } from '../../test/source-rig.js';
import { fingerprint, generateKeyPair } from './keys.js';
import { zapServer } from './zap-server.js';

const [hub, ada, bob] = [generateKeyPair(), generateKeyPair(), generateKeyPair()];
const withoutCurve = capability.curve === true ? false : 'ZeroMQ was built without CURVE';

const boundFor = (endpoint: string, ...clients: { publicKey: string }[]) => ({
  pull: [
    { bind: endpoint, curve: { secretKey: hub.secretKey, allowedClients: clients.map(({ publicKey }) => publicKey) } },
  ],
});

/** Whether the hub got it, told from the one message that is sent after whatever else was tried. */
async function arrives(context: FakeContext, push: Push, topic: string): Promise<string[]> {
  const before = context.accepted.length;
  await push.send([topic, 'body']);
  await context.until(() => context.accepted.length > before);
  return context.topics.slice(before);
}

describe.skipIf(withoutCurve)('a bound socket with a list of clients', () => {
  test.each([
    ['tcp', freeTcpEndpoint],
    ['ipc', async () => freeIpcEndpoint()],
  ])('takes messages of a client in the list over %s', async (_transport, freeEndpoint) => {
    const endpoint = await freeEndpoint();
    const { context } = await start(boundFor(endpoint, ada));
    expect(await arrives(context, curvePusher(endpoint, ada, hub.publicKey), 'from.ada')).toEqual(['from.ada']);
    expect(context.refusals).toEqual([]);
  });

  test('takes none of a client that is not in the list: counts it, and logs its key and address once', async () => {
    const endpoint = await freeTcpEndpoint();
    const { context } = await start(boundFor(endpoint, ada));
    for (const times of [1, 2]) {
      const stranger = curvePusher(endpoint, bob, hub.publicKey);
      void stranger.send(['from.bob', 'body']).catch(() => {});
      await context.until(() => context.refusals.length === times);
      stranger.close();
    }
    expect(await arrives(context, curvePusher(endpoint, ada, hub.publicKey), 'from.ada')).toEqual(['from.ada']);
    expect(context.refusals).toEqual(['unauthorized', 'unauthorized']);
    const lines = context.lines.filter(({ text }) => text.includes('refused'));
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'warn',
        text: expect.stringContaining('refused a client whose public key is not allowed'),
        fields: expect.objectContaining({ key: fingerprint(bob.publicKey), address: '127.0.0.1', socket: 'pull[0]' }),
      }),
    ]);
  });

  test.each([
    ['without any key', undefined, hub.publicKey],
    ["with another key than the hub's for the hub", ada, bob.publicKey],
  ])('takes none of a client %s, and counts it', async (_what, keys, serverKey) => {
    const endpoint = await freeTcpEndpoint();
    const { context } = await start(boundFor(endpoint, ada));
    const stranger = curvePusher(endpoint, keys, serverKey);
    void stranger.send(['not.to.come', 'body']).catch(() => {});
    await context.until(() => context.refusals.length > 0);
    stranger.close();
    expect(await arrives(context, curvePusher(endpoint, ada, hub.publicKey), 'from.ada')).toEqual(['from.ada']);
    expect(new Set(context.refusals)).toEqual(new Set(['handshake']));
    expect(context.warnings().join()).toContain('refused a connection without CURVE');
  });

  test('does not let in who is in the list of another source', async () => {
    const [adas, bobs] = [await freeTcpEndpoint(), await freeTcpEndpoint()];
    const [forAda, forBob] = [await start(boundFor(adas, ada)), await start(boundFor(bobs, bob))];
    const wrong = curvePusher(bobs, ada, hub.publicKey);
    void wrong.send(['not.to.come', 'body']).catch(() => {});
    await forBob.context.until(() => forBob.context.refusals.length > 0);
    expect(await arrives(forAda.context, curvePusher(adas, ada, hub.publicKey), 'from.ada')).toEqual(['from.ada']);
    expect(await arrives(forBob.context, curvePusher(bobs, bob, hub.publicKey), 'from.bob')).toEqual(['from.bob']);
    expect(forAda.context.refusals).toEqual([]);
  });

  test('still asks for keys when another source has stopped, and after it was itself stopped and started', async () => {
    const [first, second] = [await freeTcpEndpoint(), await freeTcpEndpoint()];
    const other = await start(boundFor(first, ada));
    for (let round = 0; round < 3; round++) {
      const { context, source } = await start(boundFor(second, ada));
      if (round === 1) await other.source.stop();
      const stranger = curvePusher(second, bob, hub.publicKey);
      await context.until(() => context.refusals.length > 0);
      stranger.close();
      const known = curvePusher(second, ada, hub.publicKey);
      expect(await arrives(context, known, `round.${round}`)).toEqual([`round.${round}`]);
      known.close();
      await source.stop();
    }
  });

  test('reads keys and clients from files', async () => {
    const endpoint = await freeTcpEndpoint();
    const curve = {
      secretKeyFile: keyFile(`# the hub's\n${hub.secretKey}\n`),
      allowedClientsFile: keyFile(`${ada.publicKey} ada\n`),
    };
    const { context } = await start({ pull: [{ bind: endpoint, curve }] });
    await arrives(context, curvePusher(endpoint, ada, hub.publicKey), 'from.ada');
    expect(context.lines).toContainEqual(
      expect.objectContaining({ level: 'debug', fields: expect.objectContaining({ client: 'ada' }) }),
    );
  });

  test('does not start without its files, and says which and what to do', async () => {
    const curve = { secretKeyFile: '/nonexistent/hub.key', allowedClients: 'any' as const };
    const { source } = make({ pull: [{ bind: await freeTcpEndpoint(), curve }] });
    await expect(source.start()).rejects.toMatchObject({
      code: 'SOURCE_START_FAILED',
      message: expect.stringMatching(/pull\[0\]: cannot bind .*: curve\.secretKeyFile: .*hub keygen --out/),
    });
  });
});

test.skipIf(withoutCurve)('a bound socket for any client still refuses one without CURVE', async () => {
  const endpoint = await freeTcpEndpoint();
  const curve = { secretKey: hub.secretKey, allowedClients: 'any' as const };
  const { context } = await start({ pull: [{ bind: endpoint, curve }] });
  curvePusher(endpoint, undefined, '');
  await context.until(() => context.refusals.length > 0);
  expect(await arrives(context, curvePusher(endpoint, bob, hub.publicKey), 'from.bob')).toEqual(['from.bob']);
});

describe.skipIf(withoutCurve)('a socket that connects', () => {
  async function boundPush(endpoint: string, serverKeys = hub): Promise<Push> {
    const push = new Push({ linger: 0, curveServer: true, curveSecretKey: serverKeys.secretKey });
    closers.push(() => push.close());
    await bindWhenFree(push, endpoint);
    return push;
  }

  test('brings its keys, and takes messages of the server that has the key it was told', async () => {
    const endpoint = await freeTcpEndpoint();
    const push = await boundPush(endpoint);
    const { context } = await start({
      pull: [{ connect: endpoint, curve: { ...ada, serverKey: hub.publicKey } }],
    });
    expect(await arrives(context, push, 'from.server')).toEqual(['from.server']);
  });

  test('takes nothing of a server with another key, and says so', async () => {
    const endpoint = await freeTcpEndpoint();
    await boundPush(endpoint, bob);
    const { context } = await start({
      pull: [{ connect: endpoint, curve: { ...ada, serverKey: hub.publicKey }, reconnectIntervalMs: 10 }],
    });
    await context.until(() => context.warnings().join().includes('another public key than serverKey'));
    expect(context.accepted).toEqual([]);
  });

  test('that is refused says so, and is let in once the list has its key', async () => {
    const endpoint = await freeTcpEndpoint();
    const guard = async (publicKey: string) => {
      const reports = { admitted: () => {}, refused: () => {}, failed: () => {} };
      const watched = await zapServer.watch({ allowed: new Map([[publicKey, '']]), reports });
      const push = new Push({ context: watched.context });
      push.linger = 0;
      push.curveServer = true;
      push.curveSecretKey = hub.secretKey;
      push.zapEnforceDomain = true;
      push.zapDomain = watched.domain;
      await bindWhenFree(push, endpoint);
      const close = () => {
        push.close();
        watched.close();
      };
      closers.push(close);
      return { push, close };
    };
    const { close } = await guard(bob.publicKey);
    const { context } = await start({
      pull: [{ connect: endpoint, curve: { ...ada, serverKey: hub.publicKey }, reconnectIntervalMs: 10 }],
    });
    await context.until(() => context.warnings().join().includes('does not let in the public key of this socket'));
    close();
    const { push } = await guard(ada.publicKey);
    expect(await arrives(context, push, 'at.last')).toEqual(['at.last']);
  });
});
