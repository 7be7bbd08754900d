import { describe, expect, test } from 'vitest';
import type { OutgoingFrames } from './frame-writer.js';
import { type PushOptions, PushSender } from './push-sender.js';
import type { Outlet } from './sender.js';

/** A connection whose other end is the test: it notes what is sent, and answers when told to. */
class FakeOutlet implements Outlet {
  full = false;
  readonly sent: string[] = [];
  /** How much was sent before each PING. */
  readonly pings: number[] = [];
  readonly taken: (() => void)[] = [];
  fullAfter = Number.POSITIVE_INFINITY;

  send({ topic }: OutgoingFrames): void {
    if (this.full) throw new Error(`${topic} was sent over a full connection`);
    this.sent.push(topic);
    if (this.sent.length === this.fullAfter) this.full = true;
  }
  ping(): void {
    this.pings.push(this.sent.length);
  }
  flush(): void {}
  whenTaken(callback: () => void): void {
    this.taken.push(callback);
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

function make(options: Partial<PushOptions> = {}) {
  const settled: string[] = [];
  const returned: string[] = [];
  const sender = new PushSender({
    inFlight: 1_000,
    confirm: true,
    alone: () => {},
    stalled: () => {},
    ...options,
  });
  const send = (...topics: string[]) => {
    for (const topic of topics) {
      const message = { topic, headers: '{}', body: new Uint8Array() };
      sender.send(message).then(
        () => settled.push(topic),
        () => returned.push(topic),
      );
    }
  };
  return { sender, send, settled, returned };
}

describe('PUSH', () => {
  test('settles what was sent before a PING when its answer comes, and asks again for the rest', async () => {
    const { sender, send, settled } = make();
    const outlet = new FakeOutlet();
    const receiver = sender.admit(outlet);
    send('a', 'b');
    await turn();
    send('c');
    await turn();
    expect(outlet).toMatchObject({ sent: ['a', 'b', 'c'], pings: [2] });
    expect(settled).toEqual([]);
    receiver.pong();
    await turn();
    expect(settled).toEqual(['a', 'b']);
    expect(outlet.pings).toEqual([2, 3]);
    receiver.pong();
    await turn();
    expect(settled).toEqual(['a', 'b', 'c']);
    expect(outlet.pings).toEqual([2, 3]);
  });

  test('sends what was not confirmed again, first and in order, when its connection is gone', async () => {
    const { sender, send, settled } = make();
    const first = sender.admit(new FakeOutlet());
    send('a', 'b');
    await turn();
    first.pong();
    send('c', 'd');
    await turn();
    first.gone();
    send('e');
    await turn();
    const outlet = new FakeOutlet();
    const second = sender.admit(outlet);
    await turn();
    expect(outlet.sent).toEqual(['c', 'd', 'e']);
    second.pong();
    await turn();
    expect(settled).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('an answer that comes after the connection was given up settles nothing', async () => {
    const { sender, send, settled } = make();
    const first = sender.admit(new FakeOutlet());
    send('a');
    await turn();
    first.gone();
    first.pong();
    await turn();
    expect(settled).toEqual([]);
  });

  test('keeps the order through a full connection, over which nothing is sent until it has drained', async () => {
    const { sender, send } = make();
    const outlet = new FakeOutlet();
    outlet.fullAfter = 2;
    const receiver = sender.admit(outlet);
    send('a', 'b', 'c', 'd');
    await turn();
    expect(outlet.sent).toEqual(['a', 'b']);
    receiver.pong();
    await turn();
    expect(outlet.sent).toEqual(['a', 'b']);
    outlet.full = false;
    receiver.drained();
    await turn();
    expect(outlet.sent).toEqual(['a', 'b', 'c', 'd']);
  });

  test('many messages are sent in order, a part of them in each turn of the event loop', async () => {
    const { sender, send } = make();
    const outlet = new FakeOutlet();
    sender.admit(outlet);
    const topics = Array.from({ length: 1_000 }, (_, index) => String(index));
    send(...topics);
    await turn();
    const inFirstTurn = outlet.sent.length;
    while (outlet.sent.length < topics.length) await turn();
    expect(outlet.sent).toEqual(topics);
    expect(inFirstTurn).toBeLessThan(topics.length);
  });

  test('takes receivers in turn, and one that is full is passed over', async () => {
    const { sender, send } = make();
    const outlets = [new FakeOutlet(), new FakeOutlet(), new FakeOutlet()];
    (outlets[1] as FakeOutlet).full = true;
    for (const outlet of outlets) sender.admit(outlet);
    send('a', 'b', 'c', 'd');
    await turn();
    expect(outlets.map(({ sent }) => sent.length)).toEqual([2, 0, 2]);
  });

  test('has no more on its way than it may, and no receiver more than its share, so that one does not hold up all', async () => {
    const { sender, send, settled } = make({ inFlight: 4 });
    const outlets = [new FakeOutlet(), new FakeOutlet()];
    const [silent, other] = outlets.map((outlet) => sender.admit(outlet));
    send('a', 'b', 'c', 'd', 'e', 'f', 'g');
    await turn();
    expect(outlets.map(({ sent }) => sent.length)).toEqual([2, 2]);
    while (settled.length < 5) {
      other?.pong();
      await turn();
    }
    expect(outlets.map(({ sent }) => sent.length)).toEqual([2, 5]);
    silent?.gone();
    await turn();
    expect(outlets[1]?.sent.slice(5)).toEqual(outlets[0]?.sent);
  });

  test('what two receivers did not confirm is sent to a third in the order of the queue', async () => {
    const { sender, send } = make();
    const receivers = [sender.admit(new FakeOutlet()), sender.admit(new FakeOutlet())];
    send('a', 'b', 'c', 'd');
    await turn();
    for (const receiver of receivers.toReversed()) receiver.gone();
    const outlet = new FakeOutlet();
    sender.admit(outlet);
    await turn();
    expect(outlet.sent).toEqual(['a', 'b', 'c', 'd']);
  });

  test('tells how many messages wait while nobody is there', async () => {
    let told: (waiting: number) => void = () => {};
    const waiting = new Promise<number>((resolve) => {
      told = resolve;
    });
    const { sender, send } = make({ alone: told });
    send('a', 'b', 'c');
    expect(await waiting).toBe(3);
    sender.abort();
  });

  test('without confirmation a delivery is settled when the system has taken it', async () => {
    const { sender, send, settled } = make({ confirm: false });
    const outlet = new FakeOutlet();
    sender.admit(outlet);
    send('a');
    await turn();
    expect([settled, outlet.pings]).toEqual([[], []]);
    outlet.taken.shift()?.();
    await turn();
    expect(settled).toEqual(['a']);
  });
});

describe('a PUSH that is to stop', () => {
  test('returns what it has not sent, and waits for what it has', async () => {
    const { sender, send, settled, returned } = make();
    const outlet = new FakeOutlet();
    outlet.fullAfter = 1;
    const receiver = sender.admit(outlet);
    send('a', 'b');
    await turn();
    const drained = sender.drain();
    await turn();
    expect([settled, returned]).toEqual([[], ['b']]);
    receiver.pong();
    expect(await drained).toBe(true);
    expect([settled, returned]).toEqual([['a'], ['b']]);
  });

  test('ends though no answer ever comes, and what was sent stays queued', async () => {
    const { sender, send, returned } = make();
    sender.admit(new FakeOutlet());
    send('a');
    await turn();
    expect(await sender.drain()).toBe(false);
    expect(returned).toEqual(['a']);
  });

  test('returns what it had sent when the connection goes meanwhile', async () => {
    const { sender, send, returned } = make();
    const receiver = sender.admit(new FakeOutlet());
    send('a');
    await turn();
    const drained = sender.drain();
    receiver.gone();
    await drained;
    expect(returned).toEqual(['a']);
  });

  test('returns everything at once when it is to end at once', async () => {
    const { sender, send, returned } = make();
    sender.admit(new FakeOutlet());
    send('a');
    await turn();
    send('b');
    sender.abort();
    send('c');
    await turn();
    expect(returned.toSorted()).toEqual(['a', 'b', 'c']);
  });
});
