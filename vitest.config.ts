// How vitest runs the workspace: unit tests beside their sources first, in parallel; then what crosses
// packages, one file at a time, because those tests start hubs, brokers and load of their own.
import { defineConfig } from 'vitest/config';

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
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
          // Far longer than any takes: a start of a hub alone has taken eight seconds on a busy machine of two processors.
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
