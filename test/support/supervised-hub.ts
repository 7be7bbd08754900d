// `hub run` as users have it: the supervisor as a child of the test, and below it the hub, which is known by what it
// says of itself, and may be another process a moment later.
import { existsSync, readFileSync } from 'node:fs';
import { expect, onTestFinished } from 'vitest';
import type { Child } from './child.js';
import { until } from './until.js';

const STARTED = /^hub: version .*, pid (\d+), supervised by (\d+)$/;
const READY = /^hub: ready$/;

export class SupervisedHub {
  /** The supervisor: what the user has started. */
  readonly child: Child;

  /** @param child Its processes are killed when the current test has finished. */
  constructor(child: Child) {
    this.child = child;
    onTestFinished(() => {
      for (const pid of this.#pids) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    });
  }

  /** Every process that was the hub so far. */
  get #pids(): number[] {
    return this.child.lines.flatMap((line) => (STARTED.test(line) ? Number(line.match(STARTED)?.[1]) : []));
  }

  /**
   * Waits until the hub is ready, and says as which process.
   *
   * @param restarts How often the supervisor has to have started it again by then.
   */
  async ready(restarts = 0): Promise<number> {
    return until(`the hub is ready after ${restarts} restarts`, () => {
      const { lines, output, process } = this.child;
      const ending = process.signalCode ?? process.exitCode;
      if (ending !== null) throw new Error(`the supervisor has ended with ${ending}. Its output:\n${output}`);
      const begin = restarts === 0 ? STARTED : new RegExp(`^hub: restart +${restarts}: `);
      const at = lines.findIndex((line) => begin.test(line));
      if (at === -1 || !lines.slice(at).some((line) => READY.test(line))) return false;
      const [, pid] = (lines.slice(0, at + 1).findLast((line) => STARTED.test(line)) ?? '').match(STARTED) ?? [];
      return Number(pid);
    });
  }

  /** Ends all of it in order. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    expect(await this.child.ended, this.child.output).toEqual({ code: 0, signal: null });
  }

  /** How often the hub has said a line that matches. */
  count(pattern: RegExp): number {
    return this.child.lines.filter((line) => pattern.test(line)).length;
  }
}

/** Whether a process runs; one that has ended and that nobody takes note of, as in a container, does not. */
export function isRunning(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  try {
    process.kill(pid, 0);
    return !existsSync(stat) || readFileSync(stat, 'utf8').split(') ').at(-1)?.[0] !== 'Z';
  } catch {
    return false;
  }
}

/** Resolves when none of these processes runs any more. */
export async function allGone(...pids: readonly number[]): Promise<void> {
  await until(`processes ${pids.join(', ')} are gone`, () => !pids.some(isRunning));
}
