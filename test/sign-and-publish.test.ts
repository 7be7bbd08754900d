// What examples/sign-and-publish shows, on the example as its users run it: signatures that hold, bad keys that stop
// nobody, sends that never overlap, and stops that are quick and lose nothing, wherever the messages are.
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileModule, stopCompiler } from '@penstock/cli';
import { describe, expect, it, onTestFinished } from 'vitest';
import { signCompact } from '../examples/sign-and-publish/consumers/jws.js';
import { verifyCompact } from '../examples/sign-and-publish/verify.mjs';
import { Child } from './support/child.js';
import { readLines } from './support/deliveries.js';
import { Gate } from './support/gate.js';
import type { StatusJson } from './support/hub-project.js';
import { readJws, writeKey } from './support/jws.js';
import { type Received, SigningProject } from './support/signing-project.js';
import { ROOT } from './support/source-files.js';
import { tempDir } from './support/temp-dir.js';
import { consumerOf, fixture, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

/** Every one of these messages has come, with a signature that holds. */
async function expectAll({ received, ada }: SigningProject, count: number): Promise<void> {
  const idOf = ({ jws }: Received): string => String(readJws(jws, ada).header.id);
  await until(`${count} signed messages have come`, () => received.length >= count);
  await until('each of them is there', () => new Set(received.map(idOf)).size === count);
  expect(new Set(received.map(idOf))).toEqual(new Set(range(0, count).map(String)));
  expect(received.filter(({ jws }) => !readJws(jws, ada).holds())).toEqual([]);
}

const backlogOf = ({ consumers }: StatusJson, name: string): number =>
  consumers.find(({ consumer }) => consumer === name)?.backlog ?? Number.NaN;

describe('signed messages', () => {
  it('come out of the bus with signatures that hold, over the body, the topic and the id', async () => {
    const signing = await SigningProject.make();
    const hub = await signing.start();
    await signing.openReceiver();
    await signing.send(0, 500);
    await expectAll(signing, 500);
    expect(signing.received).toHaveLength(500);
    const [{ topic, headers, jws }] = signing.received as [Received];
    const { header, payload } = readJws(jws, signing.ada);
    expect({ topic, type: headers['content-type'], header, payload }).toEqual({
      topic: 'signed.org.example.orders',
      type: 'application/jose',
      header: { alg: 'EdDSA', kid: 'ada', topic: 'org.example.orders', id: header.id },
      payload: `order ${header.id}`,
    });
    hub.kill('SIGTERM');
    expect(await hub.ended, hub.output).toEqual({ code: 0, signal: null });
  });

  it('are made as RFC 8037 has its example', () => {
    const key = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
    const publicKey = createPublicKey({ key, format: 'jwk' });
    const expected =
      'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.' +
      'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg';
    expect(readJws(expected, publicKey).holds()).toBe(true);
    const d = 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A';
    expect(
      signCompact(
        Buffer.from('Example of Ed25519 signing'),
        {},
        createPrivateKey({ key: { ...key, d }, format: 'jwk' }),
      ),
    ).toBe(expected);
  });
});

it('a message whose key is bad is dropped with its reason, and the threads go on', async () => {
  const signing = await SigningProject.make();
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const files = {
    junk: 'no key at all',
    empty: '',
    elliptic: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    public: publicKey.export({ type: 'spki', format: 'pem' }),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(signing.keys, `${name}.pem`), text);
  const bad = [...Object.keys(files), 'nobody', '../keys/ada', '', null];
  const hub = await signing.start();
  await signing.openReceiver();
  await signing.send(0, 50);
  for (const [index, key] of bad.entries()) await signing.send(1_000 + index, 1_001 + index, key);
  await signing.send(50, 100);
  await expectAll(signing, 100);
  const { consumers } = await signing.project.statusWhen((status) => backlogOf(status, 'signer') === 0);
  const signer = consumers.find(({ consumer }) => consumer === 'signer');
  expect(signer).toMatchObject({
    settledTotal: { acknowledged: 100, dropped: bad.length, deadLettered: 0 },
    droppedTotal: { consumer: bad.length },
    threads: { running: 2 },
    failuresTotal: 0,
    restartsTotal: 0,
  });
  expect(hub.output).toMatch(/signer.*the file of key "junk" is no private key/);
});

it('sends never overlap, however many messages two threads sign meanwhile', async () => {
  const dataDir = tempDir();
  const keys = join(dataDir, 'keys');
  writeKey(keys, 'ada');
  const [log, gate, count] = [join(dataDir, 'log'), new Gate(), 200];
  onTestFinished(stopCompiler);
  const module = join(ROOT, 'examples/sign-and-publish/consumers/signer.ts');
  const consumers = {
    signer: { module, threads: 2, options: { keys } },
    out: { module: fixture('gated-publisher'), options: { log, gate: gate.memory } },
  };
  const hub = await startHub({ dataDir, consumers }, { compileModule });
  for (const id of range(0, count)) await hub.publish('org.example.orders', '', { key: 'ada', id: String(id) });
  await until('all are signed', () => consumerOf(hub, 'signer').backlog === 0);
  await until('one is being sent', () => readLines(log).length === 1);
  expect(consumerOf(hub, 'out')).toMatchObject({ backlog: count, inFlight: 1 });
  for (const sent of range(1, 6)) {
    gate.allow(1);
    await until(`${sent} are sent, and one more has begun`, () => readLines(log).length === 2 * sent + 1);
  }
  gate.open();
  await until('all are sent', () => readLines(log).length === 2 * count);
  const begun = readLines(log).filter((line) => line.startsWith('begin '));
  expect(new Set(begun).size).toBe(count);
  expect(readLines(log)).toEqual(begun.flatMap((line) => [line, line.replace('begin', 'end')]));
});

describe('a stop is quick and loses nothing', () => {
  /** The hub's own bound on what is in flight, and what a slow machine may take beside it. */
  const STUCK_MS = 10_000 + 10_000;

  async function stop(hub: Child, what: string): Promise<void> {
    const startedAt = performance.now();
    hub.kill('SIGTERM');
    expect(await hub.ended, hub.output).toEqual({ code: 0, signal: null });
    const tookMs = performance.now() - startedAt;
    console.log(`a stop ${what} took ${Math.round(tookMs)} ms`);
    expect(tookMs).toBeLessThan(STUCK_MS);
  }

  it('with an empty queue', async () => {
    const signing = await SigningProject.make();
    const hub = await signing.start();
    await signing.openReceiver();
    await signing.send(0, 500);
    await expectAll(signing, 500);
    await signing.project.statusWhen((status) => status.consumers.every(({ backlog }) => backlog === 0));
    await stop(hub, 'with an empty queue');
    const again = await signing.start();
    await signing.send(500, 1_000);
    await expectAll(signing, 1_000);
    // What was settled before does not come again.
    expect(signing.received).toHaveLength(1_000);
    await stop(again, 'after it');
  });

  it('with a full downstream queue, whose receiver takes nothing more', async () => {
    const signing = await SigningProject.make();
    const hub = await signing.start();
    await signing.openReceiver({ reads: false });
    await signing.send(0, 5_000);
    await signing.project.statusWhen((status) => backlogOf(status, 'signer') === 0 && backlogOf(status, 'out') > 3_000);
    await stop(hub, 'with a full downstream queue');
    const again = await signing.start();
    void signing.readOn();
    await expectAll(signing, 5_000);
    await stop(again, 'after it');
  });

  it('with the bus gone', async () => {
    const signing = await SigningProject.make();
    const hub = await signing.start();
    await signing.openReceiver();
    await signing.send(0, 500);
    await expectAll(signing, 500);
    await signing.project.statusWhen((status) => backlogOf(status, 'out') === 0);
    signing.closeReceiver();
    await signing.send(500, 3_000);
    await signing.project.statusWhen(
      (status) => backlogOf(status, 'signer') === 0 && backlogOf(status, 'out') === 2_500,
    );
    await stop(hub, 'with the bus gone');
    const again = await signing.start();
    await signing.openReceiver();
    await expectAll(signing, 3_000);
    await stop(again, 'after it');
  });
});

describe('whoever follows the page', () => {
  it('sees the messages that are signed, and not one that was changed on its way', async () => {
    const signing = await SigningProject.make();
    const { project, env } = signing;
    const keys = Child.node(project.path('make-keys.mjs'), ['grace', 'alan']);
    expect(await keys.ended, keys.output).toEqual({ code: 0, signal: null });
    const twice = Child.node(project.path('make-keys.mjs'), ['grace']);
    expect(await twice.ended).toEqual({ code: 1, signal: null });
    const receiver = Child.node(join(ROOT, 'examples/sign-and-publish/receive.mjs'), [
      ...['--bind', String(env.EXAMPLE_OUT), '--keys', signing.keys],
    ]);
    await receiver.line(/, with 2 public keys$/);
    await signing.start();
    const publish = ['publish', 'org.example.orders.placed', '{"order":1}', '--header', 'key=grace'];
    expect(await project.hub(publish).ended).toEqual({ code: 0, signal: null });
    await receiver.line(/^org\.example\.orders\.placed, signed by grace: \{"order":1\}$/);
    // Whose public key this receiver was not given.
    await signing.send(0, 1);
    await receiver.line(/^signed\.org\.example\.orders: not accepted: nobody here knows the key "ada"$/);
  });

  it.each([
    { what: 'another body', change: ([head, , mark]: string[]) => [head, 'eA', mark], why: 'its signature is wrong' },
    {
      what: 'another header',
      change: ([, body, mark]: string[]) => [btoa('{"alg":"none"}'), body, mark],
      why: 'EdDSA',
    },
    { what: 'no signature', change: ([head, body]: string[]) => [head, body, ''], why: 'its signature is wrong' },
    { what: 'a header that is none', change: ([, body, mark]: string[]) => ['eA', body, mark], why: 'is not JSON' },
    { what: 'a part left out', change: ([head, body]: string[]) => [head, body], why: 'it is no compact JWS' },
  ])('has a receiver that refuses a signature with $what', ({ change, why }) => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const keys = new Map([['ada', publicKey]]);
    const jws = signCompact(Buffer.from('body'), { kid: 'ada' }, privateKey);
    expect(verifyCompact(jws, keys).payload.toString()).toBe('body');
    const changed = change(jws.split('.')).join('.').replaceAll('=', '');
    expect(() => verifyCompact(changed, keys)).toThrow(why);
  });
});
