// What the CLI tells a running hub of replays: to begin one, and to end it. Both ends, and what passes between them.
import { PassThrough } from 'node:stream';
import { type ErrorData, fromErrorData, PenstockError, toErrorData } from '../errors.js';
import type { ControlClient } from './control-client.js';
import { encodeJson } from './control-protocol.js';
import type { ControlRoutes } from './control-server.js';

const REPLAY_PATH = '/replay';

/** A place in the journal, as `message.position` and `message.time` tell it. */
export type ReplayPlace =
  | {
      /** Of a message; the first one that lies there or behind it is meant. */
      readonly position: number;
    }
  | {
      /** ISO 8601 with its offset, such as `2026-05-01T00:00:00Z`; the first message taken then or later is meant. */
      readonly time: string;
    };

/** Which messages are replayed: those that the journal holds from `from` up to, not including, `to`. */
export interface ReplayRange {
  /** Where it begins; `earliest` is the oldest message that the journal still holds. */
  readonly from: 'earliest' | ReplayPlace;
  /** Where it ends; `now`, the default, is the end of the journal at the moment of the call. */
  readonly to?: 'now' | ReplayPlace | undefined;
  /** Topic patterns: only what matches one of them as well as one of the consumer's is replayed. */
  readonly topics?: readonly string[] | undefined;
}

/** How far a replay has come. */
export interface ReplayProgress {
  /** Position at which the search through the journal began, … */
  readonly from: number;
  /** … and before which it ends. */
  readonly to: number;
  /** All before this position is searched, and what was found is in the queue. To go on later, replay from here. */
  readonly through: number;
  /** Messages put into the queue so far, each as a new entry. */
  readonly replayed: number;
}

/** What became of a replay. */
export interface ReplayReport extends ReplayProgress {
  /** The consumer's name. */
  readonly consumer: string;
  /** False when it was stopped before it had come to the end of its range. */
  readonly isComplete: boolean;
  /** Whether the journal no longer holds where the range was to begin: it began with the oldest message there is. */
  readonly isLate: boolean;
  /** Bytes of the range that the journal no longer holds, or that cannot be read. */
  readonly unseenBytes: number;
}

/** What of a hub these routes need. */
export interface Replayer {
  /** @throws (rejects) as {@link followReplay} */
  replay(
    consumer: string,
    options: ReplayRange & { signal: AbortSignal; progress: (progress: ReplayProgress) => void },
  ): Promise<ReplayReport>;
  /** Ends the replay into a consumer in order; false when there is none. */
  stopReplay(consumer: string): boolean;
}

/** What is asked for. */
export interface ReplayWish extends ReplayRange {
  readonly consumer: string;
}

/** One line of the answer; the last one is a report or an error. */
export type ReplayLine =
  | { readonly kind: 'progress'; readonly progress: ReplayProgress }
  | { readonly kind: 'report'; readonly report: ReplayReport }
  | { readonly kind: 'failed'; readonly error: ErrorData };

/**
 * `POST /replay`: replays, a line of the answer for each step; whoever goes before the end ends it. `DELETE /replay`
 * ends one in order. The hub itself logs what it does.
 */
export function replayRoutes(hub: Replayer): ControlRoutes {
  return (app) => {
    app.post<{ Body: ReplayWish }>(REPLAY_PATH, async ({ body: { consumer, ...range } }, reply) => {
      const gone = new AbortController();
      const stream = new PassThrough();
      stream.once('close', () => gone.abort());
      const tell = (line: ReplayLine) => stream.write(`${encodeJson(line)}\n`);
      let done = Promise.resolve<ReplayReport | undefined>(undefined);
      // Nothing is sent before it has begun, so that what keeps it from beginning is an answer of its own.
      await new Promise<void>((resolve, reject) => {
        const progress = (now: ReplayProgress) => {
          resolve();
          // A reader that is slow misses a step, and gets the next.
          if (!stream.writableNeedDrain) tell({ kind: 'progress', progress: now });
        };
        done = hub.replay(consumer, { ...range, signal: gone.signal, progress });
        done.then(() => resolve(), reject);
      });
      done
        .then((report) => report && tell({ kind: 'report', report }))
        .catch((error: unknown) => tell({ kind: 'failed', error: toErrorData(error) }))
        .finally(() => stream.end());
      return reply.type('application/x-ndjson').send(stream);
    });
    app.delete<{ Body: Pick<ReplayWish, 'consumer'> }>(REPLAY_PATH, async ({ body: { consumer } }) => ({
      stopped: hub.stopReplay(consumer),
    }));
  };
}

/**
 * Has a running hub replay messages into a consumer's queue.
 *
 * @param signal Ends it, and how far it came is not told; {@link askToStopReplay} ends it in order.
 * @param progress Called as it goes on.
 * @throws HUB_UNREACHABLE, CONSUMER_NOT_FOUND, JOURNAL_RANGE_INVALID, TOPIC_PATTERN_INVALID, REPLAY_RUNNING, DISK_LIMIT,
 *   HUB_NOT_RUNNING, DATA_DAMAGED, JOURNAL_FAILED
 */
export async function followReplay(
  client: ControlClient,
  wish: ReplayWish,
  signal: AbortSignal,
  progress: (progress: ReplayProgress) => void,
): Promise<ReplayReport> {
  for await (const each of client.follow(REPLAY_PATH, signal, wish)) {
    const line = each as ReplayLine;
    if (line.kind === 'report') return line.report;
    if (line.kind === 'failed') throw fromErrorData({ ...line.error, stack: line.error.stack, code: line.error.code });
    progress(line.progress);
  }
  const why = signal.aborted ? 'it was not waited for' : 'the hub ended first';
  throw new PenstockError('HUB_UNREACHABLE', `how the replay into "${wish.consumer}" ended is not known: ${why}`);
}

/**
 * Ends the replay into a consumer in order; whoever follows it gets its report.
 *
 * @returns False when there was none.
 * @throws HUB_UNREACHABLE
 */
export async function askToStopReplay(client: ControlClient, consumer: string): Promise<boolean> {
  const answer = await client.request('DELETE', REPLAY_PATH, { consumer });
  return (answer as { readonly stopped: boolean }).stopped;
}
