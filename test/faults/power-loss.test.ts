// What a loss of power may cost: nothing that was committed, nothing that was settled and synced, and no order. The storage
// core runs on a disk in memory that loses, tears and reorders what was not synced, at any operation and while it recovers,
// beside a naive model; syncs that fail and are lied about afterwards are among it.
//
// The seed is printed; PENSTOCK_TEST_SEED takes it again, and PENSTOCK_TEST_PATH, which a failure prints, runs just what
// failed. PENSTOCK_FAULT_SIZE says how many losses there are.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { File } from '../../packages/hub/src/files/files.js';
import { MemoryFiles } from '../../packages/hub/src/files/memory-files.js';
import { anyStep, consumersWith, lossAtStart } from '../../packages/hub/src/thread/storage-model/any-action.fixture.js';
import { JOURNAL } from '../../packages/hub/src/thread/storage-model/simulated-hub.fixture.js';
import { StorageRun } from '../../packages/hub/src/thread/storage-model/storage-run.fixture.js';

const LOSSES = Number(process.env.PENSTOCK_FAULT_SIZE ?? 20_000);
const SEED = Number(process.env.PENSTOCK_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const PATH = process.env.PENSTOCK_TEST_PATH;

/** How often one hub loses its power while it runs; in the starts that follow, it does so again. */
const ROUNDS = 8;

/** A thread is a hub's worth of files to recover: with one for each consumer, there are more losses. */
const anyConsumers = consumersWith(1);

/** As in the model. */
const SECTOR_BYTES = 64;

/** How many sequences a control is given to find what is wrong: it takes a few. */
const CONTROL_RUNS = 500;

const anyRun = fc.record({
  consumers: anyConsumers,
  rounds: fc.array(
    fc.record({
      steps: fc.array(anyStep, { maxLength: 8 }),
      seed: fc.nat(),
      consumers: anyConsumers,
      crashes: fc.array(lossAtStart, { maxLength: 4 }),
    }),
    { minLength: ROUNDS, maxLength: ROUNDS },
  ),
});

type Run = typeof anyRun extends fc.Arbitrary<infer Value> ? Value : never;

/** @returns How often it lost its power or was killed. */
function lose({ consumers, rounds }: Run, files: MemoryFiles): number {
  const run = new StorageRun(consumers, files);
  for (const { steps, ...restart } of rounds) {
    for (const step of steps) run.take(step);
    run.take({ do: 'restart', how: 'power', ...restart });
  }
  run.finish();
  return run.losses;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it(`${LOSSES} losses of power cost nothing committed, nothing settled, and no order`, {
  timeout: LOSSES * 100,
}, async () => {
  console.log(`power-loss.test.ts: PENSTOCK_TEST_SEED=${SEED}`);
  let losses = 0;
  const startedMs = performance.now();
  const property = fc.asyncProperty(anyRun, async (run) => {
    // A run has as many as rounds at the least, and twice as many on average.
    if (losses >= LOSSES) return;
    losses += lose(run, new MemoryFiles({ sectorBytes: SECTOR_BYTES }));
    await turn();
  });
  const where = PATH === undefined ? {} : { path: PATH, endOnFailure: true };
  await fc.assert(property, { numRuns: Math.ceil(LOSSES / ROUNDS), seed: SEED, ...where });
  const perSecond = Math.round(losses / ((performance.now() - startedMs) / 1_000));
  console.log(`power-loss.test.ts: ${losses} losses, ${perSecond} a second`);
  expect(losses).toBeGreaterThanOrEqual(PATH === undefined ? LOSSES : 1);
});

const isSegment = (path: string): boolean => path.startsWith(`${JOURNAL}/`);

/** A disk on which segments are not synced, though it is said that they are. */
class SegmentsUnsynced extends MemoryFiles {
  override create(path: string): File {
    return { ...super.create(path), ...(isSegment(path) ? { sync: () => {} } : {}) };
  }

  override overwrite(path: string): File {
    return { ...super.overwrite(path), ...(isSegment(path) ? { sync: () => {} } : {}) };
  }
}

/** One on which their names are not. */
class NamesUnsynced extends MemoryFiles {
  override syncDirectory(path: string): void {
    if (path !== JOURNAL) super.syncDirectory(path);
  }
}

/** What the model and the comparison with it say of a loss. */
const FOUND_OUT = /what was committed at \d+ is lost|ERR_ASSERTION|cannot be delivered/;

it.each([
  { what: 'segments are', disk: SegmentsUnsynced },
  { what: 'the names of segments are', disk: NamesUnsynced },
])(
  'positive control: a disk on which $what never synced is found to lose what was committed',
  async ({ disk: Disk }) => {
    const property = fc.asyncProperty(anyRun, async (run) => {
      lose(run, new Disk({ sectorBytes: SECTOR_BYTES }));
      await turn();
    });
    const { errorInstance } = await fc.check(property, { numRuns: CONTROL_RUNS, seed: SEED, endOnFailure: true });
    expect(String(errorInstance)).toMatch(FOUND_OUT);
  },
);
