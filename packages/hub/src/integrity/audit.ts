// An audit of one queue: what was put into it against what became of that, each counted for itself, so that an entry that
// was lost or counted twice shows as a difference.
import { SettleKind, SettleReason, type Tally } from '../settlement/settle-record.js';

/** Entries of a queue that are not settled. */
export interface OpenEntries {
  /** Neither in flight nor behind a failed delivery. */
  readonly waiting: number;
  /** Deliveries that `consume()` works on; 0 without a hub. */
  readonly inFlight: number;
  /** They wait for a retry, or behind one of their key. */
  readonly retrying: number;
}

/** Entries by why they became dead letters, or were dropped. */
type Reasons<Reason extends string> = Readonly<Record<Reason | 'other', number>>;

/** One queue's account, all since there is the queue. */
export interface QueueAudit extends OpenEntries {
  /** Never used for another queue. */
  readonly number: number;
  /** The name of the consumer that it belongs to, or did. */
  readonly consumer: string;
  /** Entries ever put into it. */
  readonly enqueued: number;
  readonly acknowledged: number;
  /** Their records in the journal were not what had been written: they could not be delivered. */
  readonly damaged: number;
  readonly deadLettered: Reasons<'consumer' | 'attempts' | 'crashes' | 'queueFull'>;
  readonly dropped: Reasons<'consumer' | 'queueFull'>;
  /** Enqueued less all the rest: 0 when all adds up, more than 0 when entries are missing, less when some count twice. */
  readonly difference: number;
  /** What the difference is made of, as far as it can be told; a line each. */
  readonly findings: readonly string[];
}

export interface AuditedQueue {
  readonly number: number;
  readonly name: string;
  readonly enqueued: number;
  /** How many were settled, by outcome and reason. */
  readonly tallies: readonly Pick<Tally, 'outcome' | 'reason' | 'count'>[];
  readonly open: OpenEntries;
  readonly findings: readonly string[];
}

/** Draws up the account of a queue. */
export function auditOf({ number, name, enqueued, tallies, open, findings }: AuditedQueue): QueueAudit {
  const count = (outcome: SettleKind, ...reasons: readonly SettleReason[]): number =>
    tallies
      .filter((tally) => tally.outcome === outcome && (reasons.length === 0 || reasons.includes(tally.reason)))
      .reduce((sum, tally) => sum + tally.count, 0);
  const { DEAD, DROPPED } = SettleKind;
  const { CONSUMER, ATTEMPTS, CRASHES, QUEUE_FULL } = SettleReason;
  const settled = tallies.reduce((sum, tally) => sum + tally.count, 0);
  const unsettled = open.waiting + open.inFlight + open.retrying;
  return {
    number,
    consumer: name,
    enqueued,
    acknowledged: count(SettleKind.ACKNOWLEDGED),
    damaged: count(SettleKind.DAMAGED),
    deadLettered: {
      consumer: count(DEAD, CONSUMER),
      attempts: count(DEAD, ATTEMPTS),
      crashes: count(DEAD, CRASHES),
      queueFull: count(DEAD, QUEUE_FULL),
      other: count(DEAD) - count(DEAD, CONSUMER, ATTEMPTS, CRASHES, QUEUE_FULL),
    },
    dropped: {
      consumer: count(DROPPED, CONSUMER),
      queueFull: count(DROPPED, QUEUE_FULL),
      other: count(DROPPED) - count(DROPPED, CONSUMER, QUEUE_FULL),
    },
    ...open,
    difference: enqueued - settled - unsettled,
    findings,
  };
}

/** `1 entry`, `1,234 entries` */
export const countedEntries = (count: number): string =>
  count === 1 ? '1 entry' : `${count.toLocaleString('en-US')} entries`;
