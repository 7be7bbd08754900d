import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const BIN = fileURLToPath(new URL('../bin/hub.mjs', import.meta.url));

/** Runs a command with its standard output, and says how it ended and what it had to say on standard error. */
function hub(stdout: number | 'pipe', ...args: string[]): Promise<{ exitCode: number | null; stderr: string }> {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', stdout, 'pipe'] });
  // Where it is a pipe, whoever reads from it has gone at once.
  child.stdout?.destroy();
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.once('close', (exitCode) => resolve({ exitCode, stderr })));
}

test.runIf(existsSync('/dev/full'))('output that cannot be written is one line and exit code 1', async () => {
  const full = openSync('/dev/full', 'w');
  try {
    for (const args of [['keygen'], ['--help']]) {
      expect(await hub(full, ...args)).toEqual({
        exitCode: 1,
        stderr: expect.stringMatching(/^hub: standard output cannot be written: ENOSPC.*\n$/),
      });
    }
  } finally {
    closeSync(full);
  }
});

test('a reader that has gone is no error', async () => {
  for (const args of [['keygen'], ['--help']]) expect(await hub('pipe', ...args)).toEqual({ exitCode: 0, stderr: '' });
});
