// `hub fsck`: checks the files of a data directory, and repairs them when it is told to.
import { PenstockError } from '@penstock/hub';
import { fsck } from '@penstock/hub/control';
import type { RunningHubOptions } from '../command/options.js';
import { locateHub } from '../command/running-hub.js';
import { startProgress } from '../progress/progress.js';
import { formatBytes, formatDuration } from '../table/format.js';
import { lookOf } from '../table/look.js';
import { countedFindings, renderFindings } from './render-findings.js';

export interface FsckOptions extends RunningHubOptions {
  readonly repair?: boolean;
  readonly json?: boolean;
}

/**
 * @throws FSCK_DAMAGED when damage was found and not to be repaired, FSCK_NOT_REPAIRED when some was left, both after the
 *   findings were printed; DATA_DIR_LOCKED while a hub runs; DATA_DIR_UNUSABLE, DATA_FORMAT_UNSUPPORTED.
 */
export async function checkFiles(options: FsckOptions): Promise<void> {
  const { repair = false, json = false } = options;
  const { dataDir } = await locateHub(options);
  let standing = 'reading the data directory';
  const line = (seconds: number) => `${standing}, ${formatDuration(seconds)}`;
  const progress = startProgress(standing, { line });
  const told = (done: number, total: number) => {
    standing = `${formatBytes(done)} of ${formatBytes(total)} of the journal checked`;
  };
  const report = await fsck(dataDir, { repair, progress: told }).finally(() => progress.end());
  const text = json ? JSON.stringify({ dataDir, ...report }) : renderFindings(report, { repair }, lookOf());
  process.stdout.write(`${text}\n`);
  const left = report.left.filter(({ severity }) => severity === 'damage').length;
  if (left === 0) return;
  const where = `in data directory ${dataDir}`;
  throw repair
    ? new PenstockError('FSCK_NOT_REPAIRED', `${countedFindings(left)} could not be repaired ${where}`)
    : new PenstockError('FSCK_DAMAGED', `${countedFindings(left)} ${where}; "hub fsck --repair" mends what it can`);
}
