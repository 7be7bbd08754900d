// zeromq() over real sockets: what is missing from a publisher's sequence is counted and named, where nothing is
// missing by design.
import { expect, test } from 'vitest';
import { freeTcpEndpoint } from '../test/endpoints.js';
import { dealer, publisher, pusher, replies, start } from '../test/source-rig.js';

const numbered = (publisher: string, sequence: number) => JSON.stringify({ publisher, sequence: `${sequence}` });

test('gaps are counted, and the first is named at once and the others when the source stops', async () => {
  const bind = await freeTcpEndpoint();
  const { context, source } = await start({ pull: [{ bind }] });
  const push = pusher(bind);
  for (const number of [1, 2, 5, 6, 8]) await push.send(['a', numbered('feed\n1', number), 'body']);
  await context.until(() => context.accepted.length === 5);
  expect(context.missedCount).toBe(3);
  await source.stop();
  expect(context.warnings()).toEqual([
    'missed of publisher "feed\\n1": numbers 3 to 4',
    'missed of publisher "feed\\n1": number 7',
  ]);
  expect(context.rejected).toEqual([]);
});

test('a stream that goes on over another socket of the source has no gap', async () => {
  const [first, second] = [await freeTcpEndpoint(), await freeTcpEndpoint()];
  const { context } = await start({ pull: [{ bind: first }], router: [{ bind: second }] });
  await pusher(first).send(['a', numbered('feed', 1), 'body']);
  await context.until(() => context.accepted.length === 1);
  const client = dealer(second);
  await client.send(['r-1', 'a', numbered('feed', 2), 'body']);
  await client.send(['r-2', 'a', numbered('feed', 4), 'body']);
  await replies(client, 2);
  expect(context.missedCount).toBe(1);
});

test.each([
  ['everything counts', [''], 1],
  ['a prefix does not, since it leaves out messages by design', ['a'], 0],
])('a subscription to %s', async (_, topics, missed) => {
  const endpoint = await freeTcpEndpoint();
  const { xpub, subscribed } = await publisher(endpoint);
  const { context } = await start({ subscribe: [{ connect: endpoint, topics }] });
  await subscribed(1);
  for (const number of [1, 3]) await xpub.send(['a', numbered('feed', number), 'body']);
  await context.until(() => context.accepted.length === 2);
  expect(context.missedCount).toBe(missed);
});
