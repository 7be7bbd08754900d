// Where a run keeps its data: one directory under the system's temporary one, or under BENCH_DIR, gone when the
// run ends, however it ends.
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killMeasurements } from './measurement.mjs';

const TMPFS_MAGIC = 0x01021994;

/** Makes the directory and sees to its removal. */
export function makeScratch() {
  const dir = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'penstock-bench-'));
  process.once('exit', () => {
    killMeasurements();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  for (const [signal, code] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])) {
    process.once(signal, () => process.exit(code));
  }
  return dir;
}

/**
 * Whether a directory is memory, where syncing costs nothing and durable figures say little.
 *
 * @param {string} dir
 */
export const isInMemory = (dir) => statfsSync(dir).type === TMPFS_MAGIC;
