// What ends a running hub: a signal, a consumer that halts with an exit code, a journal that cannot be written, or an
// error that nobody caught. The first of them counts; a second signal does not wait for anything any more.
import { type Hub, PenstockError } from '@penstock/hub';
import { failureLines } from '../failure.js';
import { killNow } from '../leave.js';
import type { Report } from '../report.js';

export type Ending =
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  /** Already told on standard error. */
  | { readonly kind: 'error'; readonly error: unknown }
  /** A consumer has thrown `Halt` with an exit code. */
  | { readonly kind: 'halt'; readonly exitCode: number };

const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];

/**
 * Ctrl-C under `npm start` arrives twice, from the terminal and from npm, which passes it on: the same signal again
 * within so many milliseconds is the same wish.
 */
const ECHO_MS = 50;

/** Resolves with what ends the hub. Its handlers stay until the process is gone. */
export function firstEnding(hub: Hub, report: Report, verbose: boolean): Promise<Ending> {
  return new Promise((resolve) => {
    let over = false;
    const end = (ending: Ending) => {
      over = true;
      resolve(ending);
    };
    let first: { readonly signal: NodeJS.Signals; readonly atMs: number } | undefined;
    const stop = (signal: NodeJS.Signals) => {
      const atMs = performance.now();
      if (first === undefined) {
        first = { signal, atMs };
        report.info(`${signal}: stopping; send it again to end at once`);
        end({ kind: 'signal', signal });
      } else if (signal !== first.signal || atMs - first.atMs > ECHO_MS) {
        report.info(`${signal} again: ends at once; what is queued stays queued`);
        killNow();
      }
    };
    for (const signal of SIGNALS) process.on(signal, () => stop(signal));
    const fail = (error: unknown, withStack: boolean) => {
      for (const line of failureLines(error, withStack)) report.error(line);
      end({ kind: 'error', error });
    };
    hub.on('journal:failed', ({ error }) => fail(new PenstockError('JOURNAL_FAILED', error.message), verbose));
    hub.on('consumer:halted', ({ consumer, exitCode }) => {
      if (exitCode === undefined || over) return;
      report.error(`consumer "${consumer}" has halted with exit code ${exitCode}: stopping`);
      end({ kind: 'halt', exitCode });
    });
    process.on('uncaughtException', (error) => fail(error, true));
    process.on('unhandledRejection', (error) => fail(error, true));
    // Whoever read our lines is gone; that is no reason to stop working.
    process.stderr.on('error', () => {});
  });
}
