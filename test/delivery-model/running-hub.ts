// A hub that a sequence acts on: in the test's own process, or in one of its own that can be killed.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createHub, type Hub, type HubConfig, type HubSnapshot } from '@penstock/hub';

export interface RunningHub {
  publish(topic: string, body: string, headers: Record<string, string>): Promise<void>;
  pause(consumer: string): Promise<unknown>;
  resume(consumer: string): Promise<unknown>;
  replay(consumer: string, range: { from: 'earliest' }): Promise<{ replayed: number }>;
  snapshot(): Promise<HubSnapshot> | HubSnapshot;
  stop(): Promise<void>;
  /** Ends the process of the hub at once; of one in the test's own process there is none. */
  readonly kill: (() => Promise<void>) | undefined;
}

export async function startHere(config: HubConfig): Promise<RunningHub> {
  const hub: Hub = await createHub({ http: false, log: { level: 'silent' }, ...config });
  await hub.start();
  return {
    publish: (topic, body, headers) => hub.publish(topic, body, headers),
    pause: (consumer) => hub.pause(consumer),
    resume: (consumer) => hub.resume(consumer),
    replay: (consumer, range) => hub.replay(consumer, range),
    snapshot: () => hub.snapshot(),
    stop: () => hub.stop(),
    kill: undefined,
  };
}

interface Answer {
  readonly call: number;
  readonly result?: unknown;
  readonly error?: string;
}

export async function startChild(config: HubConfig): Promise<RunningHub> {
  const script = fileURLToPath(new URL('./hub-process.mjs', import.meta.url));
  const child: ChildProcess = fork(script, [JSON.stringify(config)]);
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let calls = 0;
  const ended = once(child, 'exit').then(() => {
    for (const { reject } of waiting.values()) reject(new Error('the hub has ended'));
  });
  await Promise.race([once(child, 'message'), ended]);
  child.on('message', ({ call, result, error }: Answer) => {
    const waits = waiting.get(call);
    waiting.delete(call);
    if (error === undefined) waits?.resolve(result as never);
    else waits?.reject(new Error(error));
  });
  const ask = <Result>(method: string, ...values: unknown[]): Promise<Result> =>
    new Promise<Result>((resolve, reject) => {
      waiting.set(calls, { resolve: resolve as (value: never) => void, reject });
      child.send({ call: calls++, method, values });
    });
  return {
    publish: (...values) => ask('publish', ...values),
    pause: (consumer) => ask('pause', consumer),
    resume: (consumer) => ask('resume', consumer),
    replay: (...values) => ask('replay', ...values),
    snapshot: () => ask('snapshot'),
    async stop() {
      await ask('stop');
      await ended;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
