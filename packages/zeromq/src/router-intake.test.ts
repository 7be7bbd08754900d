// Requests to a ROUTER over real sockets: what is answered, with what, and when.
import { PenstockError } from '@penstock/hub/source';
import { describe, expect, test } from 'vitest';
import { Dealer, Request } from 'zeromq';
import { freeIpcEndpoint, freeTcpEndpoint } from '../test/endpoints.js';
import { closers, dealer, replies, start } from '../test/source-rig.js';

describe('a request', () => {
  test.each([
    ['tcp', freeTcpEndpoint],
    ['ipc', freeIpcEndpoint],
  ])('is answered with its position over %s', async (_, free) => {
    const bind = await free();
    const { context } = await start({ router: [{ bind }] });
    const client = dealer(bind);
    await client.send(['r-1', 'org.example.a', '', 'first']);
    await client.send(['r-2', 'org.example.b', '{"word":"Grüße"}', 'second']);
    expect(await replies(client, 2)).toEqual([
      ['r-1', 'ok', '1'],
      ['r-2', 'ok', '2'],
    ]);
    expect(context.accepted).toEqual([
      { topic: 'org.example.a', headers: { id: 'r-1' }, body: Buffer.from('first') },
      { topic: 'org.example.b', headers: { word: 'Grüße', id: 'r-2' }, body: Buffer.from('second') },
    ]);
  });

  test('is answered after its commit, and not before', async () => {
    const bind = await freeTcpEndpoint();
    const { context } = await start({ router: [{ bind }] });
    let isCommitted = false;
    let commit = () => {};
    context.onCommitted = () =>
      new Promise((resolve) => {
        commit = () => {
          isCommitted = true;
          resolve();
        };
      });
    const client = dealer(bind);
    const answered = replies(client, 1).then(() => isCommitted);
    await client.send(['r-1', 'a', '', 'body']);
    await context.until(() => context.accepted.length === 1);
    // It has every chance of coming too early: other requests come and go meanwhile.
    await client.send(['r-2', 'a..b', '', '']);
    await context.until(() => context.rejected.length === 1);
    commit();
    expect(await answered).toBe(true);
  });

  test('of a REQ is answered too', async () => {
    const bind = await freeTcpEndpoint();
    await start({ router: [{ bind }] });
    const client = new Request({ linger: 0 });
    closers.push(() => client.close());
    client.connect(bind);
    for (const [at, id] of ['r-1', 'r-2'].entries()) {
      await client.send([id, 'a', '', 'body']);
      expect((await client.receive()).map(String)).toEqual([id, 'ok', `${at + 1}`]);
    }
  });

  test('is taken by a ROUTER that connects as well', async () => {
    const endpoint = await freeTcpEndpoint();
    const client = new Dealer({ linger: 0 });
    closers.push(() => client.close());
    await client.bind(endpoint);
    await start({ router: [{ connect: endpoint }] });
    await client.send(['r-1', 'a', '', 'body']);
    expect(await replies(client, 1)).toEqual([['r-1', 'ok', '1']]);
  });

  test('is answered, each once and with its own position, among 20,000 of several clients', async () => {
    const bind = await freeTcpEndpoint();
    const { context } = await start({ router: [{ bind }] });
    const perClient = async (_: unknown, number: number) => {
      const client = dealer(bind);
      const answered = replies(client, 5000);
      for (let at = 0; at < 5000; at++) await client.send([`${number}-${at}`, 'a', '', 'body']);
      return answered;
    };
    const got = (await Promise.all(Array.from({ length: 4 }, perClient))).flat();
    const expected = context.accepted.map(({ headers }, at) => [headers?.id, 'ok', `${at + 1}`]);
    expect(expected).toHaveLength(20_000);
    const byPosition = (a: unknown[], b: unknown[]) => Number(a[2]) - Number(b[2]);
    expect(got.toSorted(byPosition)).toEqual(expected);
  });
});

describe('an error', () => {
  test('is answered with its code, counted by its reason, and followed by the next request', async () => {
    const bind = await freeTcpEndpoint();
    const { context } = await start({ router: [{ bind, maxMessageBytes: 1000 }] });
    const client = dealer(bind);
    await client.send(['r-1', 'a', 'body']);
    await client.send(['x'.repeat(300), 'a', '', '']);
    await client.send(['r-3', 'a..b', '', '']);
    await client.send(['r-4', 'a', '{"n":1}', '']);
    await client.send(['r-5', 'a', '', Buffer.alloc(1000)]);
    await client.send(['r-6', 'a', '', 'good']);
    expect(await replies(client, 6)).toEqual([
      ['r-1', 'error', 'FRAMES_INVALID'],
      ['x'.repeat(255), 'error', 'ID_INVALID'],
      ['r-3', 'error', 'TOPIC_INVALID'],
      ['r-4', 'error', 'HEADERS_INVALID'],
      ['r-5', 'error', 'MESSAGE_TOO_LARGE'],
      ['r-6', 'ok', '1'],
    ]);
    expect(context.rejected).toEqual(['frames', 'id', 'topic', 'headers', 'size']);
  });

  test.each([
    ['HEADERS_TOO_LARGE', 'HEADERS_INVALID'],
    ['MESSAGE_TOO_LARGE', 'MESSAGE_TOO_LARGE'],
  ] as const)('of the hub, %s, is answered with %s', async (code, answer) => {
    const bind = await freeTcpEndpoint();
    const { context } = await start({ router: [{ bind }] });
    context.onAccept = () => {
      throw new PenstockError(code, 'refused');
    };
    const client = dealer(bind);
    await client.send(['r-1', 'a', '', 'body']);
    expect(await replies(client, 1)).toEqual([['r-1', 'error', answer]]);
  });

  test('that nobody foresaw is answered, and does not end the source', async () => {
    const bind = await freeTcpEndpoint();
    const { context } = await start({ router: [{ bind }] });
    context.onAccept = (topic) => {
      if (topic === 'bad') throw new TypeError('a fault of the hub');
    };
    const client = dealer(bind);
    await client.send(['r-1', 'bad', '', 'body']);
    await client.send(['r-2', 'good', '', 'body']);
    expect(await replies(client, 2)).toEqual(
      expect.arrayContaining([
        ['r-1', 'error', 'INTERNAL_ERROR'],
        ['r-2', 'ok', '1'],
      ]),
    );
  });

  test('of the commit is answered to all that waited for it', async () => {
    const bind = await freeTcpEndpoint();
    const { context } = await start({ router: [{ bind }] });
    let fail = (_: Error) => {};
    const committed = new Promise<void>((_, reject) => {
      fail = reject;
    });
    context.onCommitted = () => committed;
    const client = dealer(bind);
    for (const id of ['r-1', 'r-2']) await client.send([id, 'a', '', 'body']);
    await context.until(() => context.accepted.length === 2);
    fail(new PenstockError('JOURNAL_FAILED', 'the disk is full'));
    expect(await replies(client, 2)).toEqual([
      ['r-1', 'error', 'JOURNAL_FAILED'],
      ['r-2', 'error', 'JOURNAL_FAILED'],
    ]);
  });

  test.each([
    ['QUEUE_FULL', 'queue-full'],
    ['DISK_LIMIT', 'disk-limit'],
  ] as const)(
    'that there is no room for is answered with %s and counted as %s, and others are taken',
    async (code, reason) => {
      const bind = await freeTcpEndpoint();
      const { context } = await start({ router: [{ bind }] });
      // What holds back sources that answer nothing does not hold a ROUTER.
      context.held = true;
      context.onAccept = (topic) => {
        if (topic === 'full') throw new PenstockError(code, 'no room');
      };
      const client = dealer(bind);
      await client.send(['r-1', 'full', '', 'body']);
      await client.send(['r-2', 'a', '', 'body']);
      const got = await replies(client, 2);
      expect(got.toSorted()).toEqual([
        ['r-1', 'error', code],
        ['r-2', 'ok', '1'],
      ]);
      expect(context.rejected).toEqual([reason]);
    },
  );

  test.each(['JOURNAL_FAILED', 'HUB_NOT_RUNNING'] as const)(
    'of a hub that takes nothing any more is answered with %s, and the socket closes',
    async (code) => {
      const bind = await freeTcpEndpoint();
      const { context } = await start({ router: [{ bind }] });
      context.onAccept = () => {
        throw new PenstockError(code, 'over');
      };
      const client = dealer(bind);
      await client.send(['r-1', 'a', '', 'body']);
      expect(await replies(client, 1)).toEqual([['r-1', 'error', code]]);
      await context.until(() => context.lines.some(({ text }) => text.includes('nothing more is received: over')));
    },
  );
});
