// Publishing over the control socket, with a target in place of the hub.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PenstockError } from '../errors.js';
import type { Body, Headers } from '../message.js';
import { ControlClient } from './control-client.js';
import { ControlServer } from './control-server.js';
import type { OutgoingMessage } from './message-frames.js';
import { type PublishTarget, publishMessages, publishRoutes } from './publish-routes.js';

let dataDir: string;
let server: ControlServer | undefined;

/** Takes messages at positions 0, 100, 200 and so on. */
class Target implements PublishTarget {
  readonly hubId = 'h1';
  readonly maxMessageBytes = 1_000;
  readonly taken: { topic: string; body: string; headers: Headers | undefined }[] = [];
  committedCalls = 0;
  mostMessages = Number.POSITIVE_INFINITY;
  commitFailure: Error | undefined;

  append(topic: string, body: Body, headers: Headers | undefined): number {
    if (this.taken.length >= this.mostMessages) throw new PenstockError('UNCOMMITTED_LIMIT', 'too much');
    this.taken.push({ topic, body: Buffer.from(body).toString('latin1'), headers });
    return (this.taken.length - 1) * 100;
  }

  async committed(): Promise<void> {
    this.committedCalls++;
    if (this.commitFailure !== undefined) throw this.commitFailure;
  }
}

let target: Target;
let logged: string[];

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'penstock-publish-'));
  target = new Target();
  logged = [];
  const log = { debug() {}, info: (line: string) => void logged.push(line), warn() {}, error() {} };
  server = new ControlServer({ dataDir, log, routes: [publishRoutes(target)] });
  await server.start();
});
afterEach(async () => {
  await server?.stop();
  rmSync(dataDir, { recursive: true });
});

const publish = (...messages: OutgoingMessage[]) => publishMessages(ControlClient.forDataDir(dataDir), messages);

const message = (text: string, headers?: Headers): OutgoingMessage => ({
  topic: 'a.b',
  body: Buffer.from(text, 'latin1'),
  headers,
});

it('answers with where each message lies and its id, once they are committed', async () => {
  const answer = await publish(message('\0\xff\n'), message('two', { id: 'given', k: 'v' }));
  expect(answer).toEqual({
    committed: [
      { position: 0, id: 'h1-0' },
      { position: 100, id: 'given' },
    ],
    error: undefined,
  });
  expect(target.taken).toEqual([
    { topic: 'a.b', body: '\0\xff\n', headers: undefined },
    { topic: 'a.b', body: 'two', headers: { id: 'given', k: 'v' } },
  ]);
  expect(target.committedCalls).toBe(1);
});

it('commits what came before a message that is refused, and says why; nothing behind it is taken', async () => {
  target.mostMessages = 2;
  const { committed, error } = await publish(...['1', '2', '3', '4'].map((text) => message(text)));
  expect(committed.map(({ position }) => position)).toEqual([0, 100]);
  expect(error).toMatchObject({ code: 'UNCOMMITTED_LIMIT', retryable: true });
  expect(target.committedCalls).toBe(1);
});

it('refuses headers that are no object of strings', async () => {
  const wrong = { id: 7 } as unknown as Headers;
  expect((await publish(message('x', wrong))).error).toMatchObject({ code: 'HEADERS_INVALID' });
});

it('refuses a message over the limit before it is read, with the code that publish() has for it', async () => {
  await expect(publish(message('x'.repeat(1_000_000)))).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
  expect(target.taken).toEqual([]);
});

it('tells of a commit that failed', async () => {
  target.commitFailure = new PenstockError('JOURNAL_FAILED', 'disk full');
  await expect(publish(message('x'))).rejects.toMatchObject({ code: 'JOURNAL_FAILED', message: 'disk full' });
});

it('writes every message down in the log, at the latest when the server stops', async () => {
  for (let n = 0; n < 3; n++) await publish(message('x'));
  await server?.stop();
  const counts = logged.map((line) => Number(/^(\d+) messages? published to "a\.b" by command$/.exec(line)?.[1]));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3);
});
