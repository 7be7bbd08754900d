// Tools of the machine that some tests need: a test without its tool is skipped, and its name says what is missing.
import { spawnSync } from 'node:child_process';

/** Whether a program is there and ends well. */
export const runs = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;

/** What is missing to kill a program at a system call; undefined for nothing. */
export function missingForStrace(): string | undefined {
  if (!runs('strace', '-V')) return 'no strace';
  return runs('strace', '-f', '-o', '/dev/null', 'true') ? undefined : 'strace may not trace here';
}

/** What is missing to build a library in C. */
export const missingForC = (): string | undefined => (runs('cc', '--version') ? undefined : 'no C compiler');

/** The name of a test, or of one that is skipped. */
export const named = (name: string, missing: string | undefined): string =>
  missing === undefined ? name : `${name} (skipped: ${missing})`;
