// How vitest runs the workspace: unit tests beside their sources; then what crosses packages, which starts hubs, brokers and
// load of its own, two files at a time; and last, one at a time, what needs the machine for itself.
import { defineConfig } from 'vitest/config';

/** Tests that measure what other work on the machine would change: load, memory, and how long things take. */
const ALONE = [
  'faults/clock-jump',
  'faults/malformed',
  'faults/overload',
  'faults/process-crashes',
  'faults/restarts',
  'faults/stalls',
  'faults/stuck-threads',
  'bounds',
  'lifecycle-stress',
  'quickstart',
  'rate-limit',
  'retry-times',
  'sign-and-publish',
  'stop',
  'supervisor',
  'supervisor-backlog',
  'supervisor-end',
  'time-limits',
].map((name) => `test/${name}.test.ts`);

/** Far longer than any takes: a start of a hub alone has taken eight seconds on a busy machine of two processors. */
const SYSTEM = { testTimeout: 300_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    // Processes, not threads: a test that aborts its process must not take the run with it.
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'bench/**/*.test.mjs'],
          sequence: { groupOrder: 0 },
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: ALONE,
          sequence: { groupOrder: 1 },
          maxWorkers: 2,
          ...SYSTEM,
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: ALONE, sequence: { groupOrder: 2 }, maxWorkers: 1, ...SYSTEM },
      },
    ],
  },
});
