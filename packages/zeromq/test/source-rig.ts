// Makes sources and what they listen to, and closes all of it after each test that imports it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import { Dealer, Push, XPublisher } from 'zeromq';
import { type ZeromqOptions, zeromq } from '../src/index.js';
import { FakeContext } from './fake-context.js';

export const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

export const script = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url));

export function make(options: ZeromqOptions) {
  const context = new FakeContext();
  const source = zeromq(options).create(context);
  closers.push(() => source.stop());
  return { context, source };
}

export async function start(options: ZeromqOptions) {
  const made = make(options);
  await made.source.start();
  return made;
}

export function pusher(endpoint: string): Push {
  const push = new Push({ linger: 0 });
  push.connect(endpoint);
  closers.push(() => push.close());
  return push;
}

/** A client of a ROUTER. */
export function dealer(endpoint: string): Dealer {
  const client = new Dealer({ linger: 0, sendHighWaterMark: 10_000, receiveHighWaterMark: 10_000 });
  client.connect(endpoint);
  closers.push(() => client.close());
  return client;
}

/** The next replies that it gets, as text. */
export async function replies(client: Dealer, count: number): Promise<string[][]> {
  const got: string[][] = [];
  while (got.length < count) got.push((await client.receive()).map(String));
  return got;
}

/** A publisher that tells when it is subscribed to, so that nobody has to guess. */
export async function publisher(endpoint: string) {
  const xpub = new XPublisher({ linger: 0 });
  await bindWhenFree(xpub, endpoint);
  closers.push(() => xpub.close());
  const subscribed = async (times: number): Promise<string[]> => {
    const prefixes: string[] = [];
    while (prefixes.length < times) {
      const [command] = await xpub.receive();
      if (command?.[0] === 1) prefixes.push(command.subarray(1).toString());
    }
    return prefixes;
  };
  return { xpub, subscribed };
}

/** ZeroMQ closes in a thread of its own, and the last user of the endpoint may not be done yet. */
export async function bindWhenFree(socket: Dealer | Push | XPublisher, endpoint: string): Promise<void> {
  while (
    !(await socket.bind(endpoint).then(
      () => true,
      () => false,
    ))
  ) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export function flood(endpoint: string): ChildProcess {
  const child = spawn(process.execPath, [script('flood.mjs'), endpoint], { stdio: 'inherit' });
  closers.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return child;
}
