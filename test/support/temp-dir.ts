// A directory of a test's own, gone when the test is over.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Where Linux has a file system in memory. */
const MEMORY = '/dev/shm';

/** Makes an empty directory that is removed when the current test has finished. Call it inside a test. */
export function tempDir(parent = tmpdir()): string {
  const path = mkdtempSync(join(parent, 'penstock-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

/** The same in memory where there is such a place, for a test that is not to depend on how fast a disk syncs. */
export function tempDirInMemory(): string {
  return tempDir(existsSync(MEMORY) ? MEMORY : tmpdir());
}
