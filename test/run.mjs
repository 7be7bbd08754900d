// Runs every test of the workspace and closes with one line that people and CI can read:
// `N passed, N failed`, with `, N skipped` behind it where there were any. Arguments go on to vitest.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const scratch = mkdtempSync(join(tmpdir(), 'penstock-tests-'));
const tallyFile = join(scratch, 'tally.json');

const child = spawn(
  process.execPath,
  [
    vitest,
    'run',
    '--reporter=default',
    `--reporter=${join(root, 'test/support/tally-reporter.mjs')}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, PENSTOCK_TALLY_FILE: tallyFile } },
);

// This process outlives both signals, to print the last line. A terminal sends its SIGINT to the child as well.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));

child.on('close', (code, signal) => {
  const { passed, failed, skipped } = readTally();
  const ended = signal ?? code;
  // A run that ended badly with no failed test to show for it (a crash, a bad option) is itself the failure.
  const failures = failed === 0 && ended !== 0 ? 1 : failed;
  if (failures > failed) console.error(`vitest ended with ${ended} although no test failed`);
  if (passed === 0 && failures === 0) console.error('no test ran');
  console.log(`${passed} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  rmSync(scratch, { recursive: true, force: true });
  process.exitCode = failures > 0 || passed === 0 ? 1 : 0;
});

function readTally() {
  try {
    return JSON.parse(readFileSync(tallyFile, 'utf8'));
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}
