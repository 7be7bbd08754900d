// How much of the machine examples/sign-and-publish leaves for signing: messages a second out of its queue, through its
// signer and its ZeroMQ publisher, into another process, beside threads that sign messages out of their own memory. All
// is in the queue before the hub runs, as the bare threads have theirs in memory, so that nobody publishes meanwhile.
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeHub, untilSettled } from '../hub/bench-hub.mjs';
import { runBareSigning } from '../lanes/bare-signing.mjs';
import { planRun } from '../traffic/counted-run.mjs';
import { messagesWith, TOPIC_PATTERN } from '../traffic/messages.mjs';
import { publishRange } from '../traffic/publish.mjs';
import { readTallies } from '../traffic/tally.mjs';

const SIGNER = fileURLToPath(new URL('../../examples/sign-and-publish/consumers/signer.ts', import.meta.url));

const KEY = 'bench';

/** The receiver takes the time, and to be asked how far they are costs the threads that are measured. */
const ASKED_EVERY_MS = 250;

const withKey = messagesWith('key', [KEY]);

/** By the row's variant. */
const threadsOf = { '1 thread': 1, '2 threads': 2 };

/** @param {import('../runner/scenario.mjs').Task} task */
function planOf({ quick, variant }) {
  const threads = threadsOf[/** @type {keyof typeof threadsOf} */ (variant)];
  // With fewer, V8's compiling in each of the threads takes half of the processors' time.
  return { threads, messages: quick ? 20_000 : 60_000 };
}

/**
 * Writes a key where the signer looks for it.
 *
 * @param {string} dir
 */
function writeKey(dir) {
  mkdirSync(dir);
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(join(dir, `${KEY}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return dir;
}

/** @type {import('../runner/scenario.mjs').Scenario} */
export default {
  name: 'sign',
  title: 'examples/sign-and-publish to a receiver in another process; beside bare signing loops',
  unit: 'messages/s',
  better: 'higher',
  rows: [
    { consumers: 2, variant: '1 thread', floor: 0.8, aim: 1 },
    { consumers: 2, variant: '2 threads', floor: 0.6, aim: 1 },
  ],
  obstacle: () => (availableParallelism() < 2 ? 'needs two processors' : undefined),

  // The native library and the compiler are loaded where they are used: other scenarios run without them.
  async figure(task) {
    const { compileModule, stopCompiler } = await import('@penstock/cli');
    const { zeromqPublisher } = await import('@penstock/zeromq');
    const { startReceivingProcess } = await import('../lanes/receiving-process.mjs');
    const { threads, messages } = planOf(task);
    const { warmup, size, consumers, tally } = planRun(task.dir, 1, (threads * messages) / 4, threads * messages);
    const marked = { ...tally, marks: [warmup, size] };
    const receiver = await startReceivingProcess(marked, consumers[0]);
    const options = { keys: writeKey(join(task.dir, 'keys')) };
    const hubOf = (/** @type {boolean} */ run) =>
      makeHub({
        dir: task.dir,
        consumers: [],
        beside: {
          signer: { module: SIGNER, topics: [TOPIC_PATTERN], threads, options },
          out: zeromqPublisher({ push: { connect: receiver.endpoint }, topics: [`signed.${TOPIC_PATTERN}`] }),
        },
        compileModule,
        run,
      });
    const filling = await hubOf(false);
    await filling.start();
    await publishRange(filling, 0, size, withKey);
    await filling.stop();
    const hub = await hubOf(true).finally(stopCompiler);
    await hub.start();
    await untilSettled(hub, size, undefined, ASKED_EVERY_MS);
    await receiver.written();
    await hub.stop();
    const { lost, repeated, times } = readTallies(marked, consumers);
    const [from = Number.NaN, to = Number.NaN] = times.flat();
    return { value: (size - warmup) / ((to - from) / 1000), lost, repeated };
  },

  async reference(task) {
    const { threads, messages } = planOf(task);
    return { value: await runBareSigning(threads, messages), lost: 0, repeated: 0 };
  },
};
