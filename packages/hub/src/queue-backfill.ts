// What a consumer that is seen for the first time begins with: its queue is given what the journal holds from where
// `startFrom` says on, before anything new is taken, so that the queue's order is the journal's.
import type { OrderKey, StartFrom } from './consumer.js';
import { backfill } from './enqueuer/backfill/backfill.js';
import type { JournalPlace } from './enqueuer/backfill/protocol.js';
import type { Enqueuer } from './enqueuer/enqueuer.js';
import { PenstockError } from './errors.js';
import type { Files } from './files/files.js';
import { SegmentFiles } from './journal/segment-files.js';
import { Entries, IndexReader } from './queue/index-reader.js';
import type { HubLog } from './telemetry/log.js';

/** How often a long search through the journal says how far it is. */
const PROGRESS_EVERY_MS = 2_000;

/** Where a hub's files are. */
export interface JournalSite {
  readonly files: Files;
  readonly journalDirectory: string;
}

/** A queue that is to begin with what the journal holds. */
export interface StartingQueue {
  readonly number: number;
  readonly name: string;
  readonly directory: string;
  readonly topics: readonly string[];
  readonly orderKey: OrderKey | undefined;
  readonly startFrom: StartFrom;
  /** Entries that it has been given so far, by a search that was cut off. */
  readonly enqueued: number;
}

export interface BackfillEnvironment {
  readonly enqueuer: Enqueuer;
  readonly log: HubLog;
  /** Whether the hub is to stop, which ends the search. */
  readonly stopAsked: () => boolean;
}

/**
 * Refuses starts that no journal could have. Before the queues are made: once one is, its start is settled.
 *
 * @param queues Those that there are already.
 * @throws JOURNAL_RANGE_INVALID
 */
export function checkStarts(
  { files, journalDirectory }: JournalSite,
  consumers: readonly { readonly name: string; readonly startFrom: StartFrom }[],
  queues: readonly { readonly name: string }[],
): void {
  for (const { name, startFrom } of consumers) {
    if (typeof startFrom === 'string' || queues.some((queue) => queue.name === name)) continue;
    const problem =
      'time' in startFrom
        ? isFuture(startFrom.time) && `startFrom { time: "${startFrom.time}" } is in the future`
        : beyondEnd(files, journalDirectory, startFrom.position);
    if (!problem) continue;
    throw new PenstockError(
      'JOURNAL_RANGE_INVALID',
      `consumer "${name}": ${problem}; give one that has been reached, "earliest", or "new"`,
    );
  }
}

/**
 * Gives a queue what the journal holds of its topics from its start on; goes on where an earlier search was cut off.
 *
 * @throws (rejects) HUB_NOT_RUNNING when the hub is to stop; DATA_DAMAGED, JOURNAL_FAILED
 */
export async function fillFromJournal(
  queue: StartingQueue,
  { files, journalDirectory }: JournalSite,
  { enqueuer, log, stopAsked }: BackfillEnvironment,
): Promise<void> {
  const { name, topics, startFrom } = queue;
  const end = enqueuer.nextPosition;
  const searchedThrough = backfilledThrough(files, queue);
  const place = `consumer "${name}" starts from ${described(startFrom)}`;
  let saidAtMs = performance.now();
  let began = { from: 0, until: end };
  const request = {
    journalDirectory,
    patterns: topics,
    only: undefined,
    orderKey: queue.orderKey,
    from: placeOf(startFrom),
    until: { position: end },
    searchedThrough,
    end,
  };
  const { found, unseenBytes } = await backfill(enqueuer, queue.number, request, {
    began(range) {
      began = range;
      if (!range.isLate || startFrom === 'earliest' || searchedThrough > 0) return;
      log.warn(`${place}, which the journal no longer holds: it begins with the oldest message there is`, {
        position: range.from,
      });
    },
    progress(through, soFar) {
      if (stopAsked()) throw new PenstockError('HUB_NOT_RUNNING', 'the hub was stopped while it started');
      if (performance.now() - saidAtMs < PROGRESS_EVERY_MS) return;
      saidAtMs = performance.now();
      const percent = Math.floor((100 * (through - began.from)) / Math.max(1, began.until - began.from));
      log.info(`${place}: ${percent} % searched, ${soFar} found`);
    },
    damaged(position, to, problem) {
      log.error(damageText(name, position, to, problem), { code: 'DATA_DAMAGED' });
    },
  });
  log.info(`${place}: ${found} found in the journal${unseenText(unseenBytes)}`);
}

/** Where `startFrom` lies. */
function placeOf(start: StartFrom): JournalPlace {
  if (typeof start === 'string') return { position: 0 };
  return 'time' in start ? { timeMs: Date.parse(start.time) } : { position: start.position };
}

/** What is logged of a part of the journal that could not be searched. */
export const damageText = (consumer: string, position: number, to: number, problem: string): string =>
  `consumer "${consumer}" misses what lay in the journal from position ${position} to ${to}: a record has a wrong ${problem}`;

/** What is logged with the end of a search of which not all was there. */
export const unseenText = (bytes: number): string =>
  bytes === 0 ? '' : `; ${bytes} bytes of the range are not in the journal`;

function described(startFrom: StartFrom): string {
  if (typeof startFrom === 'string') return 'the earliest message';
  return 'time' in startFrom ? `the first message of ${startFrom.time} or later` : `position ${startFrom.position}`;
}

const isFuture = (time: string): boolean => Date.parse(time) > Date.now();

function beyondEnd(files: Files, journalDirectory: string, position: number): string | undefined {
  const end = journalEnd(files, journalDirectory);
  return position > end
    ? `startFrom { position: ${position} } lies beyond the journal, which ends at ${end}`
    : undefined;
}

/** The position after the last record; at most, where the last hub was killed and it is not known before recovery. */
function journalEnd(files: Files, journalDirectory: string): number {
  const segments = new SegmentFiles(files, journalDirectory);
  try {
    const last = segments.list().at(-1);
    const segment = last === undefined ? undefined : segments.openAt(last);
    return segment === undefined ? 0 : segment.firstPosition + segment.file.size() - segment.headerBytes;
  } finally {
    segments.close();
  }
}

/** The position after the last message that an earlier search put into the queue. */
function backfilledThrough(files: Files, { directory, enqueued }: StartingQueue): number {
  if (enqueued === 0) return 0;
  const reader = new IndexReader(files, directory);
  try {
    const last = new Entries();
    reader.read(enqueued - 1, 1, last);
    return last.count === 0 ? 0 : (last.positions[0] as number) + (last.lengths[0] as number);
  } finally {
    reader.close();
  }
}
