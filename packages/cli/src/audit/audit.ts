// `hub audit`: whether each queue's messages are all accounted for, of a running hub or of one that does not run.

import { PenstockError } from '@penstock/hub';
import type { AuditResult } from '@penstock/hub/control';
import { auditDirectory, countedEntries } from '@penstock/hub/control';
import type { RunningHubOptions } from '../command/options.js';
import { locateHub } from '../command/running-hub.js';
import { withProgress } from '../progress/progress.js';
import { lookOf } from '../table/look.js';
import { renderAudit } from './render-audit.js';

export interface AuditOptions extends RunningHubOptions {
  readonly json?: boolean;
}

/**
 * @param consumers Names; all queues when there are none.
 * @throws AUDIT_FAILED when a queue does not add up, after it was printed; QUEUE_NOT_FOUND, DATA_DIR_UNUSABLE and what else
 *   keeps the data directory from being read; HUB_UNREACHABLE.
 */
export async function audit(consumers: readonly string[], options: AuditOptions): Promise<void> {
  const { dataDir } = await locateHub(options);
  const { live, queues } = await withProgress('counting the entries of the queues', () => auditDirectory(dataDir));
  const shown = chosen(queues, consumers, dataDir);
  const text = options.json === true ? JSON.stringify({ dataDir, live, queues: shown }) : renderAudit(shown, lookOf());
  process.stdout.write(`${text}\n`);
  const failed = shown.filter(({ result }) => result !== 'even');
  if (failed.length > 0) throw new PenstockError('AUDIT_FAILED', failed.map(differenceText).join('\n'));
}

function chosen(queues: readonly AuditResult[], names: readonly string[], dataDir: string): readonly AuditResult[] {
  if (names.length === 0) return queues;
  const unknown = names.filter((name) => !queues.some(({ consumer }) => consumer === name));
  if (unknown.length > 0) {
    const there =
      queues.length === 0 ? 'it has none' : `there are: ${queues.map(({ consumer }) => consumer).join(', ')}`;
    throw new PenstockError(
      'QUEUE_NOT_FOUND',
      `there is no queue ${unknown.map((name) => `"${name}"`).join(', ')} in data directory ${dataDir}; ${there}`,
    );
  }
  return queues.filter(({ consumer }) => names.includes(consumer));
}

function differenceText({ consumer, difference, result, findings }: AuditResult): string {
  const off =
    difference === 0
      ? 'adds up only in sum'
      : difference > 0
        ? `has ${countedEntries(difference)} unaccounted for`
        : `accounts for ${countedEntries(-difference)} too many`;
  const moving =
    result === 'moving' ? '; it never stood still while it was read, so ask again when less is going on' : '';
  const why = findings.length === 0 ? '' : `: ${findings.join('; ')}`;
  return `consumer "${consumer}" ${off}${why}${moving}`;
}
