// Which journal to read, and how far: as a running hub tells it, over its restarts; or what is on the disk where no
// hub runs.
import { setTimeout as sleep } from 'node:timers/promises';
import { ControlClient, followCommits, type JournalHead, StoredJournal } from '@penstock/hub/control';
import type { From } from '../command/journal-place.js';
import { isPenstockError, UsageError } from '../failure.js';

/** Between two looks for a hub that has gone. */
const LOOK_AGAIN_MS = 500;

export interface FollowOptions {
  readonly dataDir: string;
  /** Where to begin; behind what is committed now when undefined. */
  readonly from: From | undefined;
  /** Whether to go on with what comes. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
  /** Tells of a hub that comes and goes. */
  say(text: string): void;
}

/** A journal that is to be read on from where it stands. */
export interface Readable {
  readonly journal: StoredJournal;
  /** Up to which position; undefined for all that is on the disk. */
  readonly end: number | undefined;
}

/**
 * Yields a journal whenever there is something new in it.
 *
 * @throws (in the iteration) HUB_UNREACHABLE when no hub runs at the beginning, and there is nothing on the disk or
 *   nothing of it was asked for; UsageError for a position behind the journal's end.
 */
export async function* committedJournal(options: FollowOptions): AsyncGenerator<Readable, void> {
  const { dataDir, from, follow, signal, say } = options;
  const client = ControlClient.forDataDir(dataDir);
  let journal: StoredJournal | undefined;
  let gone = false;
  while (!signal.aborted) {
    try {
      for await (const head of followCommits(client, signal)) {
        if (gone) say('the hub is back');
        gone = false;
        if (journal?.hubId !== head.hubId) journal = opened(options, head, journal);
        yield { journal, end: head.committedPosition };
        if (!follow) return;
      }
    } catch (error) {
      if (!isPenstockError(error) || error.code !== 'HUB_UNREACHABLE') throw error;
      if (journal === undefined) {
        const stored = from && StoredJournal.open(dataDir);
        if (stored === undefined) throw error;
        say('no hub answers here; this is what is on the disk');
        begin(stored, from, undefined);
        yield { journal: stored, end: undefined };
        return;
      }
    }
    if (signal.aborted) return;
    if (!gone) say('the hub has gone; waiting for it to come back');
    gone = true;
    await sleep(LOOK_AGAIN_MS, undefined, { signal }).catch(() => {});
  }
}

function opened({ dataDir, from, say }: FollowOptions, head: JournalHead, before: StoredJournal | undefined) {
  const journal = StoredJournal.open(dataDir);
  if (journal === undefined) throw new UsageError(`${dataDir} has a hub, but no journal that can be read`);
  if (before === undefined) {
    begin(journal, from, head.committedPosition);
  } else {
    say('the data directory is another one now; this is its journal from the beginning');
    before.follower.close();
    begin(journal, { kind: 'earliest' }, head.committedPosition);
  }
  return journal;
}

function begin({ follower }: StoredJournal, from: From | undefined, committed: number | undefined): void {
  switch (from?.kind) {
    case undefined:
      follower.goTo(committed ?? 0);
      break;
    case 'earliest':
      follower.goTo(follower.earliest() ?? committed ?? 0);
      break;
    case 'position':
      if (committed !== undefined && from.position > committed) {
        throw new UsageError(`--from ${from.position}: the journal ends at ${committed}`);
      }
      follower.seekPosition(from.position);
      break;
    case 'time':
      follower.seekTime(from.timeMs);
      break;
  }
}
