// Sending to a ZeroMQ endpoint that is there, comes later, answers late, refuses, or is not there at all.

import { afterEach, describe, expect, it } from 'vitest';
import { Pull, Router } from 'zeromq';
import { AcknowledgedSender } from './acknowledged-sender.js';
import { PushSender } from './push-sender.js';
import type { Sender, SentMessage } from './sender.js';

const TIMEOUT_MS = 20_000;

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function bound<Socket extends Pull | Router>(socket: Socket): Promise<{ socket: Socket; endpoint: string }> {
  open.push(() => socket.close());
  await socket.bind('tcp://127.0.0.1:*');
  return { socket, endpoint: socket.lastEndpoint as string };
}

function opened<Kind extends Sender>(sender: Kind): Kind {
  open.push(() => sender.close().catch(() => {}));
  return sender;
}

/** An endpoint of which nobody answers. */
async function vacant(): Promise<string> {
  const { socket, endpoint } = await bound(new Pull());
  await socket.unbind(endpoint);
  return endpoint;
}

const message = (id: string, headers?: SentMessage['headers']): SentMessage => ({
  id,
  topic: 'a.b',
  headers,
  body: Buffer.from(`body of ${id}`),
});

describe('pushing', () => {
  it('sends topic, headers where there are any, and body', async () => {
    const { socket, endpoint } = await bound(new Pull());
    const sender = opened(new PushSender({ endpoint, timeoutMs: TIMEOUT_MS }));
    let sent = 0;
    await sender.send([message('1'), message('2', { k: 'v' })], (position) => {
      expect(position).toBeUndefined();
      sent++;
    });
    expect(sent).toBe(2);
    expect((await socket.receive()).map(String)).toEqual(['a.b', 'body of 1']);
    expect((await socket.receive()).map(String)).toEqual(['a.b', '{"k":"v"}', 'body of 2']);
  });

  it('fails where nobody pulls, with what to look at', async () => {
    const endpoint = await vacant();
    const sender = opened(new PushSender({ endpoint, timeoutMs: 50 }));
    await expect(sender.send([message('1')], () => {})).rejects.toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
      message: `${endpoint}: no PULL socket answered there within 50 ms`,
    });
    await sender.close();
  });

  it('closes only when all that was sent has left, and says so when it has not', async () => {
    const { socket, endpoint } = await bound(new Pull({ receiveHighWaterMark: 1 }));
    const slow = opened(new PushSender({ endpoint, timeoutMs: 200 }));
    const large = { ...message('1'), body: new Uint8Array(8_000_000) };
    let sent = 0;
    const messages = new Array(20).fill(large);
    await slow.send(messages, () => sent++).catch(() => {});
    await expect(slow.close()).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });

    const patient = opened(new PushSender({ endpoint, timeoutMs: TIMEOUT_MS }));
    const sending = patient.send([...messages, message('last')], () => {}).then(() => patient.close());
    for (let body = ''; body !== 'body of last'; ) body = String((await socket.receive()).at(-1)?.subarray(0, 20));
    await sending;
  });

  it('to what cannot be an address fails at once', () => {
    const endpoint = `ipc:///tmp/${'x'.repeat(200)}`;
    expect(() => new PushSender({ endpoint, timeoutMs: TIMEOUT_MS })).toThrow(/cannot be connected to/);
  });
});

describe('sending with acknowledgement', () => {
  it('tells each message’s position in order, whatever the order of the answers', async () => {
    const { socket, endpoint } = await bound(new Router());
    const sender = opened(new AcknowledgedSender({ endpoint, timeoutMs: TIMEOUT_MS }));
    const positions: number[] = [];
    const sending = sender.send([message('a'), message('b', { k: 'v' }), message('c')], (position) => {
      positions.push(position);
    });
    const requests = [await socket.receive(), await socket.receive(), await socket.receive()];
    expect(requests.map((frames) => frames.slice(1).map(String))).toEqual([
      ['a', 'a.b', '', 'body of a'],
      ['b', 'a.b', '{"k":"v"}', 'body of b'],
      ['c', 'a.b', '', 'body of c'],
    ]);
    for (const [peer, id] of requests.toReversed()) {
      await socket.send([peer as Buffer, id as Buffer, 'ok', `${100 + String(id).charCodeAt(0)}`]);
      // An answer that comes twice is an answer to what was sent again.
      await socket.send([peer as Buffer, id as Buffer, 'ok', '1']);
    }
    await sending;
    expect(positions).toEqual([197, 198, 199]);
  });

  it('sends again, under the same id, what has no answer, and what a stopping hub did not take', async () => {
    const { socket, endpoint } = await bound(new Router());
    const sender = opened(new AcknowledgedSender({ endpoint, timeoutMs: TIMEOUT_MS }));
    const positions: number[] = [];
    const sending = sender.send([message('lost'), message('early'), message('good')], (each) => {
      positions.push(each);
    });
    const answer = async (...outcome: string[]) => {
      const [peer, id] = (await socket.receive()) as [Buffer, Buffer];
      if (outcome.length > 0) await socket.send([peer, id, ...outcome]);
      return String(id);
    };
    expect([await answer(), await answer('error', 'HUB_NOT_RUNNING'), await answer('ok', '3')]).toEqual([
      'lost',
      'early',
      'good',
    ]);
    expect([await answer('ok', '1'), await answer('ok', '2')]).toEqual(['lost', 'early']);
    await sending;
    expect(positions).toEqual([1, 2, 3]);
  });

  it('sends again what the hub has no room for, until it has', async () => {
    const { socket, endpoint } = await bound(new Router());
    const sender = opened(new AcknowledgedSender({ endpoint, timeoutMs: TIMEOUT_MS }));
    const positions: number[] = [];
    const sending = sender.send([message('a'), message('b')], (each) => void positions.push(each));
    const codes = ['QUEUE_FULL', 'DISK_LIMIT', 'QUEUE_FULL', 'QUEUE_FULL'];
    for (const code of codes) {
      const [peer, id] = (await socket.receive()) as [Buffer, Buffer];
      await socket.send([peer, id, 'error', code]);
    }
    for (const position of ['1', '2']) {
      const [peer, id] = (await socket.receive()) as [Buffer, Buffer];
      await socket.send([peer, id, 'ok', position]);
    }
    await sending;
    expect(positions).toEqual([1, 2]);
  });

  it.each(['QUEUE_FULL', 'DISK_LIMIT'])('fails with %s when the hub has had no room for so long', async (code) => {
    const { socket, endpoint } = await bound(new Router());
    const sender = opened(new AcknowledgedSender({ endpoint, timeoutMs: 200 }));
    const answering = (async () => {
      for await (const [peer, id] of socket) await socket.send([peer as Buffer, id as Buffer, 'error', code]);
    })();
    await expect(sender.send([message('a')], () => {})).rejects.toMatchObject({
      code,
      message: expect.stringContaining('took no message within 200 ms'),
    });
    socket.close();
    await answering;
  });

  it('fails with the code with which a message was refused', async () => {
    const { socket, endpoint } = await bound(new Router());
    const sender = opened(new AcknowledgedSender({ endpoint, timeoutMs: TIMEOUT_MS }));
    const sending = sender.send([message('a')], () => {});
    const [peer, id] = (await socket.receive()) as [Buffer, Buffer];
    await socket.send([peer, id, 'error', 'MESSAGE_TOO_LARGE']);
    await expect(sending).rejects.toMatchObject({
      code: 'MESSAGE_REFUSED',
      message: `${endpoint} refused message "a": MESSAGE_TOO_LARGE`,
    });
  });

  it('fails where nobody is, and where somebody never answers', async () => {
    const nobody = opened(new AcknowledgedSender({ endpoint: await vacant(), timeoutMs: 50 }));
    await expect(nobody.send([message('a')], () => {})).rejects.toThrow(/no ROUTER socket answered there within 50 ms/);
    const { endpoint } = await bound(new Router());
    const silent = opened(new AcknowledgedSender({ endpoint, timeoutMs: 300 }));
    await expect(silent.send([message('a')], () => {})).rejects.toThrow(/no answer came .* within 300 ms/);
  });
});
