// Threads that cannot even begin. (That those that run can be ended, and when they are gone, is tested on the built hub,
// test/faults.) Here, beside the sources, the module that they are to run is not there to be loaded.
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { NO_THREADS, QueueShared, type ThreadShared } from '../queue/shared.js';
import type { ConsumerTask } from './protocol.js';
import { ThreadPool } from './thread-pool.js';

const SHAPE = { ...NO_THREADS, threads: 2 };

function makePool(): { pool: ThreadPool; run: (index: number) => Promise<unknown> } {
  const pool = new ThreadPool({ threads: SHAPE.threads, maxMemoryMb: 64 }, () => {});
  onTestFinished(() => pool.destroy());
  const { threads } = new QueueShared(QueueShared.allocate(SHAPE), SHAPE);
  return {
    pool,
    async run(index) {
      const { port1, port2 } = new MessageChannel();
      const task = { port: port2 } as ConsumerTask;
      const { cause, isStuck } = await pool.run(task, threads[index] as ThreadShared).ended;
      port1.close();
      expect(isStuck).toBe(false);
      return cause;
    },
  };
}

describe('a thread that fails before it can begin', () => {
  it('ends its task with what it failed of, each time it is tried', async () => {
    const { pool, run } = makePool();
    // The second time, Piscina has no thread that is ready, and would have the task wait for one for ever.
    for (let times = 0; times < 3; times++) {
      const causes = await Promise.all([run(0), run(1)]);
      for (const cause of causes) expect(String(cause)).toContain('main.js');
    }
    expect(pool.stuck).toBe(0);
  });

  it('does not keep the pool from being ended, nor does a task that nobody has begun', async () => {
    const { pool, run } = makePool();
    await run(0);
    const waiting = run(0);
    await pool.destroy();
    expect(await waiting).toBeInstanceOf(Error);
  });
});
