// What ends a running hub: a signal, a consumer that halts with an exit code, a journal that cannot be written, or an
// error that nobody caught. The first of them counts; a second signal does not wait for anything any more.
import { type Hub, PenstockError } from '@penstock/hub';
import { failureLines } from '../failure.js';
import { killNow } from '../leave.js';
import type { Report } from '../report.js';
import { onFirstStopSignal, onStopWish, type StopSignal } from './stop-signals.js';
import type { SupervisorLink } from './supervised/link.js';

export type Ending =
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  /** Already told on standard error. */
  | { readonly kind: 'error'; readonly error: unknown }
  /** A consumer has thrown `Halt` with an exit code. */
  | { readonly kind: 'halt'; readonly exitCode: number };

/**
 * Resolves with what ends the hub. Its handlers stay until the process is gone.
 *
 * @param link To the hub's supervisor, which counts signals then: the terminal sends them to both, and it passes them on.
 */
export function firstEnding(
  hub: Hub,
  report: Report,
  verbose: boolean,
  link: SupervisorLink | undefined,
): Promise<Ending> {
  return new Promise((resolve) => {
    let over = false;
    const end = (ending: Ending, why: string) => {
      if (!over) link?.tell({ type: 'ending', why, restart: ending.kind === 'error' });
      over = true;
      resolve(ending);
    };
    const stop = (signal: StopSignal) => {
      report.info(`${signal}: stopping; send it again to end at once`);
      end({ kind: 'signal', signal }, `was asked to stop by ${signal}`);
    };
    const stopOrEnd = (signal: StopSignal, again: boolean) => {
      if (!again) return stop(signal);
      report.info(`${signal} again: ends at once; what is queued stays queued`);
      killNow();
    };
    if (link === undefined) onStopWish(stopOrEnd);
    else onFirstStopSignal(stop);

    const fail = (error: unknown, withStack: boolean) => {
      const lines = failureLines(error, withStack);
      for (const line of lines) report.error(line);
      end({ kind: 'error', error }, `failed: ${lines[0]}`);
    };
    hub.on('journal:failed', ({ error }) => fail(new PenstockError('JOURNAL_FAILED', error.message), verbose));
    hub.on('consumer:halted', ({ consumer, exitCode }) => {
      if (exitCode === undefined || over) return;
      report.error(`consumer "${consumer}" has halted with exit code ${exitCode}: stopping`);
      end({ kind: 'halt', exitCode }, `ended because consumer "${consumer}" has halted`);
    });
    process.on('uncaughtException', (error) => fail(error, true));
    process.on('unhandledRejection', (error) => fail(error, true));
    // Whoever read our lines is gone; that is no reason to stop working.
    process.stderr.on('error', () => {});
  });
}
