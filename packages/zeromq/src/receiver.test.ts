// The loop over real sockets, with a hub that waits, refuses and fails.
import { PenstockError } from '@penstock/hub/source';
import { afterEach, expect, test } from 'vitest';
import { Push } from 'zeromq';
import { freeTcpEndpoint } from '../test/endpoints.js';
import { FakeContext } from '../test/fake-context.js';
import { Admission } from './curve/admission.js';
import { type OpenSocket, openSocket } from './open-socket.js';
import { optionsSchema, planSockets, type SocketPlan } from './options.js';
import { RateLimitedLog } from './rate-limited-log.js';
import { Receiver } from './receiver.js';
import { SequenceGaps } from './sequence-gaps.js';
import { TopicCache } from './topic-cache.js';
import { Turn } from './turn.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function rig({ turn = new Turn(), bind = '' } = {}) {
  const context = new FakeContext();
  const endpoint = bind || (await freeTcpEndpoint());
  const [plan] = planSockets(optionsSchema.parse({ pull: [{ bind: endpoint }] })) as [SocketPlan];
  const opened: OpenSocket[] = [];
  const silent = new RateLimitedLog(() => {}, 1000);
  const rejects = new RateLimitedLog((text, fields) => context.log.warn(text, fields), 10_000);
  const gaps = new SequenceGaps(() => {});
  const receiver = new Receiver(plan, { context, topics: new TopicCache(), rejects, gaps, turn }, async (givenUp) => {
    const admission = new Admission(plan, context.log, () => {});
    const reports = { log: context.log, notices: silent, trouble: silent, admission, givenUp };
    const open = await openSocket(plan, context.name, reports);
    opened.push(open);
    return open;
  });
  await receiver.open();
  const push = new Push({ linger: 0, sendHighWaterMark: 100_000 });
  push.connect(endpoint);
  closers.push(
    () => receiver.close(),
    () => push.close(),
  );
  return { context, receiver, push, opened, endpoint };
}

test('while the hub is saturated nothing is taken, and afterwards everything is, in order', async () => {
  const { context, receiver, push } = await rig();
  context.saturated = true;
  receiver.run();
  await context.until(() => context.waitingForWritable === 1);
  for (let at = 0; at < 1000; at++) await push.send([`n.${at}`, 'body']);
  expect(context.accepted).toEqual([]);
  context.saturated = false;
  await context.until(() => context.accepted.length === 1000);
  expect(context.topics).toEqual(Array.from({ length: 1000 }, (_, at) => `n.${at}`));
});

test('while a full queue holds the source nothing is taken from a PULL socket, and afterwards everything is', async () => {
  const { context, receiver, push } = await rig();
  context.held = true;
  receiver.run();
  await context.until(() => context.waitingForWritable === 1);
  for (let at = 0; at < 100; at++) await push.send([`n.${at}`, 'body']);
  expect(context.accepted).toEqual([]);
  context.held = false;
  await context.until(() => context.accepted.length === 100);
});

test('a stop while a full queue holds the source takes what has arrived, and ends', async () => {
  const { context, receiver, push } = await rig();
  receiver.run();
  await push.send(['n.0', 'body']);
  await context.until(() => context.accepted.length === 1);
  context.held = true;
  for (let at = 1; at < 100; at++) await push.send([`n.${at}`, 'body']);
  await context.until(() => context.waitingForWritable === 1);
  // How many of them had arrived is ZeroMQ's affair.
  await receiver.close();
  expect(context.topics).toEqual(Array.from({ length: context.accepted.length }, (_, at) => `n.${at}`));
  expect(context.accepted.length).toBeGreaterThan(1);
});

test('a hub that becomes saturated in the middle of a burst gets not one message more', async () => {
  const { context, receiver, push } = await rig();
  context.onAccept = () => {
    if (context.accepted.length === 99) context.saturated = true;
  };
  for (let at = 0; at < 300; at++) await push.send([`n.${at}`, 'body']);
  receiver.run();
  await context.until(() => context.waitingForWritable === 1);
  expect(context.accepted).toHaveLength(100);
  context.saturated = false;
  await context.until(() => context.accepted.length === 300);
});

/** Adds up what is accepted in each turn of the event loop, and gives the most of any turn. */
function watchTurns(context: FakeContext, sizeOf: (topic: string) => number = () => 1) {
  let [turn, most] = [0, 0];
  let timer = setImmediate(function nextTurn() {
    turn = 0;
    timer = setImmediate(nextTurn);
  });
  closers.push(() => clearImmediate(timer));
  context.onAccept = (topic) => {
    turn += sizeOf(topic);
    most = Math.max(most, turn);
  };
  return { most: () => most };
}

test('a burst gives other work its turn after so many messages', async () => {
  const { context, receiver, push } = await rig({ turn: new Turn(50) });
  const turns = watchTurns(context);
  for (let at = 0; at < 2000; at++) await push.send(['a', 'body']);
  receiver.run();
  await context.until(() => context.accepted.length === 2000);
  expect(turns.most()).toBeLessThanOrEqual(50);
});

test('a burst gives other work its turn after so many bytes', async () => {
  const { context, receiver, push } = await rig();
  const body = Buffer.alloc(400_000);
  const turns = watchTurns(context, () => body.length);
  for (let at = 0; at < 50; at++) await push.send(['a', body]);
  receiver.run();
  await context.until(() => context.accepted.length === 50);
  expect(turns.most()).toBeLessThanOrEqual(1024 * 1024 + body.length);
});

test.each([0, 1, 2, 3, 5, 8])(
  'messages that come one by one, each %i microtasks after the last, starve nobody',
  async (gap) => {
    const { context, receiver, push } = await rig({ turn: new Turn(50), bind: `inproc://one-by-one-${gap}` });
    const turns = watchTurns(context);
    const count = context.onAccept;
    context.onAccept = (topic) => {
      count(topic);
      void (async () => {
        for (let task = 0; task < gap; task++) await undefined;
        if (context.accepted.length < 1000) await push.send(['a', 'body']);
      })();
    };
    receiver.run();
    await push.send(['a', 'body']);
    await context.until(() => context.accepted.length === 1000);
    expect(turns.most()).toBeLessThanOrEqual(50);
    push.close();
  },
);

test.each([
  ['TOPIC_INVALID', 'topic'],
  ['HEADERS_INVALID', 'headers'],
  ['HEADERS_TOO_LARGE', 'headers'],
  ['MESSAGE_TOO_LARGE', 'size'],
] as const)(
  'a message that the hub refuses with %s is counted as %s, and the next one is taken',
  async (code, reason) => {
    const { context, receiver, push } = await rig();
    context.onAccept = (topic) => {
      if (topic === 'bad') throw new PenstockError(code, 'refused');
    };
    receiver.run();
    await push.send(['bad', 'body']);
    await push.send(['good', 'body']);
    await context.until(() => context.accepted.length === 1);
    expect(context.topics).toEqual(['good']);
    expect(context.rejected).toEqual([reason]);
  },
);

test('what the hub fails to take for a reason of its own is counted, logged, and not the end', async () => {
  const { context, receiver, push } = await rig();
  context.onAccept = (topic) => {
    if (topic === 'bad') throw new TypeError('a fault of the hub');
  };
  receiver.run();
  await push.send(['bad', 'body']);
  await push.send(['good', 'body']);
  await context.until(() => context.accepted.length === 1);
  expect(context.rejected).toEqual(['error']);
  expect(context.warnings()).toEqual([expect.stringContaining('a fault of the hub')]);
});

test.each(['JOURNAL_FAILED', 'HUB_NOT_RUNNING'] as const)('after %s nothing more is received', async (code) => {
  const { context, receiver, push, opened } = await rig();
  context.onAccept = () => {
    throw new PenstockError(code, 'over');
  };
  receiver.run();
  await push.send(['a', 'body']);
  await context.until(() => context.lines.some(({ text }) => text.includes('nothing more is received: over')));
  await receiver.close();
  expect(opened).toHaveLength(1);
  expect(opened[0]?.socket.closed).toBe(true);
  expect(context.rejected).toEqual([]);
});

test('a socket that fails is opened anew, and receiving goes on', async () => {
  const { context, receiver, push, opened } = await rig();
  receiver.run();
  await push.send(['before', 'body']);
  await context.until(() => context.accepted.length === 1);
  opened[0]?.socket.close();
  await context.until(() => context.rejected.includes('error'));
  await push.send(['after', 'body']);
  await context.until(() => context.accepted.length === 2);
  expect(context.topics).toEqual(['before', 'after']);
  expect(opened).toHaveLength(2);
  expect(context.lines).toContainEqual(
    expect.objectContaining({
      level: 'error',
      text: expect.stringContaining('receiving failed; trying again in 100 ms'),
    }),
  );
});

test('a socket that cannot be opened anew is tried again, and stopping does not wait for the next try', async () => {
  const { context, receiver, opened, endpoint } = await rig();
  receiver.run();
  const usurper = new Push({ linger: 0 });
  closers.push(() => usurper.close());
  await opened[0]?.close();
  await usurper.bind(endpoint);
  await context.until(() => context.rejected.length >= 3);
  expect(context.lines.filter(({ text }) => text.includes('the address is in use')).length).toBeGreaterThan(0);
  await receiver.close();
  expect(opened).toHaveLength(1);
});

test('what has arrived before the stop is taken, though it was not waited for', async () => {
  // In one process a message has arrived when it is sent.
  const { context, receiver, push } = await rig({ turn: new Turn(16), bind: 'inproc://what-has-arrived' });
  let closed: Promise<void> | undefined;
  context.onAccept = () => {
    closed ??= receiver.close();
  };
  for (let at = 0; at < 500; at++) await push.send([`n.${at}`, 'body']);
  receiver.run();
  await context.until(() => context.accepted.length > 0);
  push.close();
  await closed;
  expect(context.accepted).toHaveLength(500);
});

test('a stop while the hub is saturated for good ends all the same', async () => {
  const { context, receiver, push } = await rig();
  context.saturated = true;
  receiver.run();
  await context.until(() => context.waitingForWritable === 1);
  await push.send(['a', 'body']);
  await receiver.close();
  expect(context.accepted).toEqual([]);
});
