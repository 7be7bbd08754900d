// `hub torture`: runs the faults of @penstock/torture against a scratch hub that this same command runs, and says what came
// of it.
import { mkdirSync, mkdtempSync, realpathSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { anySeed, FAULTS, type Fault, killEveryHub, MOST_FOLDER_BYTES, torture as runTorture } from '@penstock/torture';
import { type Interruption, interruption, signalExitCode } from '../command/interruption.js';
import { UsageError } from '../failure.js';
import { createReport } from '../report.js';
import { lookOf } from '../table/look.js';
import { liveStandings } from './live.js';
import { outcome } from './outcome.js';
import { renderStandings } from './render-standings.js';

export interface TortureCommandOptions {
  readonly minutes: number;
  readonly seed?: number;
  /** Where the scratch directory is made. */
  readonly dir?: string;
  /** Names of faults, split by commas. */
  readonly only?: string;
  readonly json?: boolean;
}

/**
 * Runs the faults, until the time is over or a signal comes.
 *
 * @returns The exit code: 0, or that of the signal.
 * @throws TORTURE_FAILED when something was lost or is otherwise not as promised; TORTURE_SKIPPED; UsageError.
 */
export async function torture(options: TortureCommandOptions): Promise<number> {
  const { minutes, dir, json } = options;
  const seed = options.seed ?? anySeed();
  const faults = faultsNamed(options.only);
  const folder = scratchFolder(dir);
  const report = createReport('text');
  const signal = interruption();
  report.info(`seed ${seed}, scratch directory ${folder}`);
  signal.addEventListener('abort', () => {
    report.info('ends after the cycle that is under way; Ctrl-C again ends at once');
    process.once('SIGINT', () => {
      killEveryHub();
      process.exit(signalExitCode('SIGINT'));
    });
  });
  const live = liveStandings(process.stderr);
  const standings = await runTorture({
    faults,
    minutes,
    seed,
    folder,
    command: { file: process.execPath, args: [...process.execArgv, process.argv[1] as string] },
    signal,
    onProgress: live.show,
  }).finally(live.end);
  process.stdout.write(
    json === true
      ? `${JSON.stringify({ seed, minutes, faults: standings })}\n`
      : `${renderStandings(standings, lookOf()).join('\n')}\n`,
  );
  if (standings.every(({ kept }) => kept.length === 0)) rmdirSync(folder);
  return outcome(standings, seed, signal.reason as Interruption | undefined);
}

function faultsNamed(only: string | undefined): readonly Fault[] {
  if (only === undefined) return FAULTS;
  const names = only.split(',').map((name) => name.trim());
  const known = FAULTS.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new UsageError(
      `--only: there is no fault ${unknown.map((name) => `"${name}"`).join(', ')}; there is ${known.join(', ')}`,
    );
  }
  return FAULTS.filter(({ name }) => names.includes(name));
}

/** Makes an empty directory; sockets lie in it, whose paths have a bound. */
function scratchFolder(dir: string | undefined): string {
  const parent = dir === undefined ? tmpdir() : resolve(dir);
  try {
    mkdirSync(parent, { recursive: true });
    const folder = mkdtempSync(join(realpathSync(parent), 'torture-'));
    if (Buffer.byteLength(folder) <= MOST_FOLDER_BYTES) return folder;
    rmdirSync(folder);
  } catch (error) {
    throw new UsageError(`--dir: no scratch directory can be made in ${parent}: ${(error as Error).message}`);
  }
  throw new UsageError(`--dir: ${parent} is too long a path for the sockets in it; give a shorter one`);
}
