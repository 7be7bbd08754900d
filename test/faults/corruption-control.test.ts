// The control of corruption.test.ts: the same trials on a hub whose checksums say nothing must find wrong bytes delivered.
import { expect, it, vi } from 'vitest';
import { runTrials } from './corruption/trials.js';

const SEED = Number(process.env.PENSTOCK_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** How many trials it is given: it takes a few dozen. */
const MOST_TRIALS = 2_000;

vi.mock('node:zlib', async (original) => ({ ...(await original<typeof import('node:zlib')>()), crc32: () => 7 }));
vi.mock('../../packages/hub/src/files/directory-lock.js', () => ({
  DirectoryLock: { acquire: () => ({ descriptor: undefined, release() {} }) },
}));

it('a hub whose checksums are all the same is found to deliver wrong bytes', { timeout: 600_000 }, async () => {
  console.log(`PENSTOCK_TEST_SEED=${SEED}`);
  const { failed } = await runTrials({ trials: MOST_TRIALS, seed: SEED, until: /wrong bytes/ });
  expect(failed.join('\n')).toMatch(/wrong bytes/);
});
