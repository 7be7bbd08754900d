// What becomes of replies: of peers that do not read them, that are gone, or that come again; and at the stop.
import { describe, expect, test } from 'vitest';
import { Dealer, type Router } from 'zeromq';
import { freeTcpEndpoint } from '../test/endpoints.js';
import { FakeContext } from '../test/fake-context.js';
import { bindWhenFree, closers, dealer, replies, start } from '../test/source-rig.js';
import { optionsSchema, planSockets, type SocketPlan } from './options.js';
import { RateLimitedLog } from './rate-limited-log.js';
import { RouterReplies } from './router-replies.js';
import { SequenceGaps } from './sequence-gaps.js';
import { TopicCache } from './topic-cache.js';
import { Turn } from './turn.js';

/** Has commits wait until the test says so; all that was accepted until then share one. */
function holdCommits(context: FakeContext) {
  let commit = () => {};
  const committed = new Promise<void>((resolve) => {
    commit = resolve;
  });
  context.onCommitted = () => committed;
  return () => commit();
}

describe('a peer', () => {
  test('that does not read its replies keeps no other waiting, and what it does not read is dropped and told', async () => {
    // In one process there are no buffers of the system in between.
    const bind = 'inproc://reads-no-replies';
    const { context, source } = await start({ router: [{ bind, sendHighWaterMark: 1 }] });
    const deaf = new Dealer({ linger: 0, receiveHighWaterMark: 1, sendHighWaterMark: 10_000 });
    closers.push(() => deaf.close());
    deaf.connect(bind);
    for (let at = 0; at < 1000; at++) await deaf.send([`deaf-${at}`, 'a', '', 'body']);
    const client = dealer(bind);
    for (let at = 0; at < 10; at++) {
      await client.send([`r-${at}`, 'a', '', 'body']);
      expect((await replies(client, 1))[0]?.slice(0, 2)).toEqual([`r-${at}`, 'ok']);
    }
    await context.until(() => context.accepted.length === 1010);
    for (const peer of [deaf, client]) peer.close();
    await source.stop();
    const dropped = context.lines.filter(({ text }) => text.includes('its peer does not read its replies'));
    const told = dropped.reduce((sum, { fields }) => sum + Number(fields?.count), 0);
    // Each end of the pipe holds some: at least one, and not many.
    expect(told).toBeGreaterThan(900);
    expect(told).toBeLessThan(1000);
  });

  test('that is gone when its reply is due is told of in the log, and the next reply is sent', async () => {
    const context = new FakeContext();
    const sent: string[][] = [];
    const socket = {
      closed: false,
      send: async (frames: Buffer[]) => {
        if (String(frames[0]) === 'gone') throw Object.assign(new Error('host unreachable'), { code: 'EHOSTUNREACH' });
        sent.push(frames.map(String));
      },
    };
    const [plan] = planSockets(optionsSchema.parse({ router: [{ bind: 'tcp://127.0.0.1:1' }] })) as [SocketPlan];
    const parts = {
      context,
      topics: new TopicCache(),
      rejects: new RateLimitedLog((text, fields) => context.log.warn(text, fields), 10_000),
      gaps: new SequenceGaps(() => {}),
      turn: new Turn(),
    };
    const replies = new RouterReplies(socket as unknown as Router, plan, parts);
    const address = (...frames: string[]) => frames.map((frame) => Buffer.from(frame));
    replies.afterCommit(address('gone', 'r-1'), 1);
    replies.afterCommit(address('here', 'r-2'), 2);
    await replies.end();
    expect(sent).toEqual([['here', 'r-2', 'ok', '2']]);
    await context.until(() => context.warnings().length > 0);
    expect(context.warnings()).toEqual(['tcp://127.0.0.1:1: a reply was dropped, since its peer is gone']);
  });

  test('that comes again under its routing id is answered, though its old connection stands', async () => {
    const bind = await freeTcpEndpoint();
    await start({ router: [{ bind }] });
    const clients = [1, 2].map(() => {
      const client = new Dealer({ linger: 0, routingId: 'the-same' });
      closers.push(() => client.close());
      return client;
    });
    for (const [at, client] of clients.entries()) {
      client.connect(bind);
      await client.send([`r-${at}`, 'a', '', 'body']);
      expect(await replies(client, 1)).toEqual([[`r-${at}`, 'ok', `${at + 1}`]]);
    }
  });
});

describe('the stop', () => {
  test('answers what was accepted, once it is committed', async () => {
    const bind = await freeTcpEndpoint();
    const { context, source } = await start({ router: [{ bind }] });
    const commit = holdCommits(context);
    const client = dealer(bind);
    for (const id of ['r-1', 'r-2']) await client.send([id, 'a', '', 'body']);
    await context.until(() => context.accepted.length === 2);
    const stopped = source.stop();
    commit();
    await stopped;
    expect(await replies(client, 2)).toEqual([
      ['r-1', 'ok', '1'],
      ['r-2', 'ok', '2'],
    ]);
  });

  test('ends though a commit never comes', async () => {
    const bind = await freeTcpEndpoint();
    const { context, source } = await start({ router: [{ bind }] });
    holdCommits(context);
    await dealer(bind).send(['r-1', 'a', '', 'body']);
    await context.until(() => context.accepted.length === 1);
    await source.stop();
    const next = new Dealer({ linger: 0 });
    closers.push(() => next.close());
    await bindWhenFree(next, bind);
  });

  test('under a flood answers all that was accepted, and nothing else', async () => {
    const bind = await freeTcpEndpoint();
    const { context, source } = await start({ router: [{ bind }] });
    const client = dealer(bind);
    const answered = new Set<string>();
    const reading = (async () => {
      for await (const [id, status] of client) if (String(status) === 'ok') answered.add(String(id));
    })();
    let flooding = true;
    const flood = (async () => {
      for (let at = 0; flooding; at++) {
        await client.send([`r-${at}`, 'a', '', 'body']);
        // A client that waits for replies now and then, as all do that bound what is unanswered.
        while (flooding && at - answered.size > 1000) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await context.until(() => context.accepted.length >= 5000);
    await source.stop();
    flooding = false;
    await flood;
    const accepted = context.accepted.map(({ headers }) => String(headers?.id));
    await expect.poll(() => answered.size).toBe(accepted.length);
    expect([...answered].toSorted()).toEqual(accepted.toSorted());
    client.close();
    await reading;
  });
});
