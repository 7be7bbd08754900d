// What `hub torture` ends with: its exit code, or the error that says what was not as promised.
import { PenstockError } from '@penstock/hub';
import type { Standing } from '@penstock/torture';
import { type Interruption, signalExitCode } from '../command/interruption.js';

/**
 * Sums a run up.
 *
 * @param reason What ended it early.
 * @returns The exit code: 0, or that of the signal.
 * @throws TORTURE_FAILED when something was lost or is otherwise not as promised; TORTURE_SKIPPED when this machine lacks
 *   something for each of the faults: a run that tried nothing must not pass for one that found nothing.
 */
export function outcome(standings: readonly Standing[], seed: number, reason: Interruption | undefined): number {
  const failed = standings.filter(({ problems }) => problems.length > 0);
  if (failed.length > 0) {
    const problems = failed.flatMap(({ fault, problems }) => problems.map((problem) => `${fault}: ${problem}`));
    const kept = standings.flatMap((standing) => standing.kept);
    throw new PenstockError(
      'TORTURE_FAILED',
      [...problems, `not all is as promised, with seed ${seed}; kept to look into: ${kept.join(', ')}`].join('\n'),
    );
  }
  if (standings.every(({ state }) => state === 'skipped')) {
    const skipped = standings.map(({ fault, missing }) => `${fault} was skipped: ${missing}`);
    throw new PenstockError('TORTURE_SKIPPED', [...skipped, 'nothing was tried'].join('\n'));
  }
  return typeof reason === 'string' ? signalExitCode(reason) : 0;
}
