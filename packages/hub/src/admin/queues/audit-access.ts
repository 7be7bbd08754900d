// The audit of a data directory for whoever asks from outside: of a running hub from its memory, else from the files. A hub
// that is busy is read between two steps of its threads now and then, so what does not add up is read again.
import { setTimeout as delay } from 'node:timers/promises';
import { NodeFiles } from '../../files/node-files.js';
import type { QueueAudit } from '../../integrity/audit.js';
import { auditStored } from '../../integrity/stored-audit.js';
import { askForAudit } from '../audit-routes.js';
import { ControlClient } from '../control-client.js';
import { hubOrFiles } from './hub-or-files.js';
import { noHubThere } from './stored-queues.js';

/** A difference is one when so many readings say the very same, … */
const SAME_READINGS = 5;
/** … this far apart, which is longer than a thread is kept from its next step on a busy machine. */
const BETWEEN_READINGS_MS = 50;
/** A queue that still moves after so many is told of as it was read last. */
const MOST_READINGS = 60;

/** What an audit found. */
export interface DirectoryAudit {
  /** Whether a running hub was asked. */
  readonly live: boolean;
  readonly queues: readonly AuditResult[];
}

export interface AuditResult extends QueueAudit {
  /**
   * - `even`: all adds up
   * - `off`: it does not, and stays so
   * - `moving`: it did not at any moment of about three seconds, but the queue never stood still either
   */
  readonly result: 'even' | 'off' | 'moving';
}

/**
 * Audits all queues of a data directory.
 *
 * @throws DATA_DIR_UNUSABLE when no hub has ever run there, or it cannot be read; DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED;
 *   HUB_UNREACHABLE when a hub is there and does not answer.
 */
export async function auditDirectory(dataDirectory: string): Promise<DirectoryAudit> {
  const client = ControlClient.forDataDir(dataDirectory);
  return hubOrFiles<DirectoryAudit>(
    dataDirectory,
    async () => ({ live: true, queues: await settledReadings(() => askForAudit(client)) }),
    async () => {
      const queues = await auditStored(new NodeFiles({ durable: true }), dataDirectory);
      if (queues === undefined) throw noHubThere(dataDirectory);
      return { live: false, queues: queues.map((queue) => ({ ...queue, result: resultOf(queue) })) };
    },
  );
}

interface Reading {
  readonly audit: QueueAudit;
  /** How many readings in a row say the same. */
  readonly same: number;
}

/** Reads until each queue has once added up, or stands still and does not. */
async function settledReadings(read: () => Promise<QueueAudit[]>): Promise<AuditResult[]> {
  const results = new Map<number, AuditResult>();
  let before = new Map<number, Reading>();
  for (let reading = 1; ; reading++) {
    const audits = await read();
    const now = new Map<number, Reading>();
    for (const audit of audits) {
      const last = before.get(audit.number);
      const same = last !== undefined && isSame(last.audit, audit) ? last.same + 1 : 1;
      now.set(audit.number, { audit, same });
      if (results.get(audit.number)?.result === 'even') continue;
      const isOff = same >= SAME_READINGS;
      const result = audit.difference === 0 ? 'even' : isOff ? 'off' : 'moving';
      results.set(audit.number, { ...audit, result });
    }
    // A queue that was removed meanwhile has no account.
    const all = audits.flatMap(({ number }) => results.get(number) ?? []);
    if (reading === MOST_READINGS || all.every(({ result }) => result !== 'moving')) return all;
    before = now;
    await delay(BETWEEN_READINGS_MS);
  }
}

const isSame = (a: QueueAudit, b: QueueAudit): boolean => JSON.stringify(a) === JSON.stringify(b);

const resultOf = ({ difference, findings }: QueueAudit): AuditResult['result'] =>
  difference === 0 && findings.length === 0 ? 'even' : 'off';
