// Every option of a consumer may stand in its class, and in the config, which is laid over it. What each of them does is
// tested with the thing that it is about; here, that the real command takes it from both places, and works by it.
import { expect, it } from 'vitest';
import { kill, ScriptedProject } from './support/scripted-project.js';
import { fixture } from './support/test-hub.js';

/** Every option but `topics` and `options`, which the first of the consumers below has too. */
const IN_CLASS = {
  threads: 2,
  concurrency: 3,
  startFrom: 'earliest',
  order: 'key',
  orderKey: { header: 'customer' },
  retry: { maxAttempts: 7, backoff: { initialMs: 11, maxMs: 1_100, factor: 3, jitter: 0.5 } },
  maxRetrying: 50,
  timeoutMs: 60_000,
  rateLimit: { messages: 1_000, perMs: 1_000 },
  maxBatch: 9,
  maxWaitMs: 12,
  maxBacklog: { messages: 4_000, bytes: 1_000_000 },
  whenFull: 'drop-oldest',
  isolation: 'thread',
  maxCrashes: 5,
  stallMs: 2_000,
  killAfterMs: 20_000,
  maxMemoryMb: 200,
} as const;
const IN_CONFIG = {
  threads: 1,
  concurrency: 2,
  startFrom: 'new',
  orderKey: { topicToken: 1 },
  retry: { maxAttempts: 2, backoff: { initialMs: 1, maxMs: 2, factor: 1, jitter: 0 } },
  maxRetrying: 60,
  timeoutMs: 30_000,
  rateLimit: { messages: 5, perMs: 10 },
  maxBatch: 4,
  maxWaitMs: 1,
  maxBacklog: { messages: 5_000 },
  whenFull: 'dead-letter',
  isolation: 'thread',
  maxCrashes: 1,
  stallMs: 1_000,
  killAfterMs: false,
  maxMemoryMb: 100,
} as const;

const classFile = `
import { BatchConsumer } from '@penstock/hub';
export default class extends BatchConsumer {
  static topics = ['test.>'];
${Object.entries(IN_CLASS)
  .map(([name, value]) => `  static ${name} = ${JSON.stringify(value)};`)
  .join('\n')}
  consumeBatch() {}
}`;

it('the config’s value of an option counts, else that of the class, else the default', async () => {
  const module = './batched.mjs';
  const project = new ScriptedProject({
    given: { module },
    over: { module, ...IN_CONFIG },
    strict: { order: 'strict' },
  });
  project.write({ 'batched.mjs': classFile });
  const check = project.hub(['check', '--json']);
  expect(await check.ended, check.output).toEqual({ code: 0, signal: null });
  const { consumers } = check.json<{ consumers: object[] }>();
  expect(consumers).toMatchObject([
    { consumer: 'given', batch: true, ...IN_CLASS },
    { consumer: 'over', batch: true, ...IN_CLASS, ...IN_CONFIG },
    { consumer: 'strict', batch: false, order: 'strict', threads: 1, retry: { maxAttempts: 20 } },
  ]);
});

it('what stands in a class works as what stands in the config does', async () => {
  const project = new ScriptedProject({
    inClass: { module: './in-class.mjs' },
    over: { module: './in-class.mjs', retry: { maxAttempts: 3 } },
  });
  project.write({
    'in-class.mjs': `
import Scripted from ${JSON.stringify(fixture('scripted'))};
export default class extends Scripted {
  static order = 'strict';
  static retry = { maxAttempts: 2, backoff: { initialMs: 1, maxMs: 1 } };
  static timeoutMs = 50;
}`,
  });
  const hub = await project.run();
  await project.publish([['stuck', 'throw'], ['throw'], ['ack']]);
  await project.statusWhen(({ consumers }) => consumers.every(({ backlog }) => backlog === 0));
  expect(project.begun('inClass')).toEqual(['0/1', '0/2', '1/1', '1/2', '2/1']);
  // An option that is an object is laid over as a whole: the backoff is the default one again.
  expect(project.begun('over')).toEqual(['0/1', '0/2', '0/3', '1/1', '1/2', '1/3', '2/1']);
  await hub.line(/\[over\] .*attempt 1 of 3; again in (8\d|9\d|100) ms/);
  const { consumers } = await project.status();
  expect(consumers.map(({ timeoutsTotal, deadLetters }) => [timeoutsTotal, deadLetters])).toEqual([
    [1, 2],
    [1, 2],
  ]);
  await kill(hub);
});
