// How far a queue has come, as plain data: from a running hub's memory over the control socket, or from the files of a
// hub that does not run. What lies on disk is looked up from there, by whoever wants to show it (queue-files.ts).
import type { Interval } from '../../queue/interval-set.js';
import type { ConsumerSnapshot } from '../../telemetry/snapshot.js';

/** What every look at a queue tells; the rest of a {@link ConsumerSnapshot} is of use only over time. */
type Gauges = Pick<
  ConsumerSnapshot,
  'state' | 'problem' | 'threads' | 'backlog' | 'backlogBytes' | 'inFlight' | 'deadLetters' | 'oldestMessageAgeSeconds'
>;

export interface QueueStanding extends Gauges {
  /** Never used for another queue. */
  readonly number: number;
  /** The name of the consumer that it belongs to, or did. */
  readonly name: string;
  /** When the queue was made, ISO 8601. */
  readonly added: string;
  /** The topic patterns of its consumer, or the last ones it had; undefined when an older Penstock did not note them. */
  readonly topics: readonly string[] | undefined;
}

/** A queue with what of it is unsettled. */
export interface QueuePlace extends QueueStanding {
  /** Entries ever put into it: the next one's ordinal. */
  readonly enqueued: number;
  /** Ordinals, in order; beyond {@link MOST_INTERVALS} the last one covers all that follows. */
  readonly unsettled: readonly Interval[];
}

/** So many intervals are told; a queue has few, unless thousands of its deliveries are in flight. */
export const MOST_INTERVALS = 10_000;

/** What was removed. */
export interface RemovedQueue {
  /** Its number, which no queue has again. */
  readonly number: number;
  /** Its name. */
  readonly name: string;
  /** Messages that waited in it and are not delivered any more. */
  readonly discarded: number;
  /** Dead letters that went with it. */
  readonly deadLetters: number;
}
