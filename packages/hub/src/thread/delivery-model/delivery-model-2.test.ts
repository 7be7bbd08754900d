// Deliveries against a naive model: whatever is published, fails, is put off, paused, replayed, requeued, stopped, killed
// and started again, in any order and at any operation on the disk, each message comes to one end, in the order that was
// asked for, at the time that it is due, and nothing that was settled comes again. One share of the sequences; how to
// run one of them again is said in run-sequences.fixture.ts.
import { it, vi } from 'vitest';
import { runSequences, SEQUENCES } from './run-sequences.fixture.js';

vi.mock('../worker/supply.js', () => import('./observed-supply.fixture.js'));

it(`${SEQUENCES} random sequences of deliveries show what a naive model says`, { timeout: 3_600_000 }, () =>
  runSequences(1),
);
