// What the hub tells of its journal over the control socket: which one it is and how far it is committed. The records
// are no matter of the hub's: whoever follows is on the same machine and reads them from the files.
import { PassThrough } from 'node:stream';
import { CommitFeed } from './commit-feed.js';
import type { ControlClient } from './control-client.js';
import type { ControlRoutes } from './control-server.js';

const FOLLOW_PATH = '/journal/follow';

/** The journal of a running hub. */
export interface CommittedJournal {
  readonly hubId: string;
  committedPosition(): number;
  /** Calls a listener after each commit, until what is returned is called. */
  onCommitted(listener: () => void): () => void;
}

/** One line of the answer. */
export interface JournalHead {
  /** Which journal it is: positions of another one have nothing to do with those of this. */
  readonly hubId: string;
  /** The position after the last committed record. */
  readonly committedPosition: number;
}

/** `GET /journal/follow`: a {@link JournalHead} at once and after commits, at most twenty a second, until the hub stops. */
export function journalRoutes(journal: CommittedJournal): ControlRoutes {
  return (app) => {
    const feed = new CommitFeed(() => journal.committedPosition());
    const detach = journal.onCommitted(() => feed.note());
    const streams = new Set<PassThrough>();
    // Before the server waits for answers under way: these would never end by themselves.
    app.addHook('preClose', async () => {
      detach();
      feed.end();
      for (const stream of streams) stream.end();
    });
    app.get(FOLLOW_PATH, (_request, reply) => {
      const stream = new PassThrough();
      streams.add(stream);
      const tell = () => {
        // A follower that is slow to read misses what lies between, and gets the last when it has read.
        if (stream.writableNeedDrain || stream.writableEnded) return;
        const head: JournalHead = { hubId: journal.hubId, committedPosition: journal.committedPosition() };
        stream.write(`${JSON.stringify(head)}\n`);
      };
      const leave = feed.follow(tell);
      stream.on('drain', tell);
      stream.once('close', () => {
        leave();
        streams.delete(stream);
      });
      return reply.type('application/x-ndjson').send(stream);
    });
  };
}

/**
 * Follows how far a running hub has committed: yields at once, and then what is new, until the hub stops in order.
 *
 * @param signal Ends it.
 * @throws (in the iteration) HUB_UNREACHABLE when no hub answers, or it is cut off in the middle.
 */
export async function* followCommits(client: ControlClient, signal: AbortSignal): AsyncGenerator<JournalHead, void> {
  for await (const line of client.follow(FOLLOW_PATH, signal)) yield line as JournalHead;
}
