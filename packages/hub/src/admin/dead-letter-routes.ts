// What the CLI has a running hub do to dead letters: both ends. It finds them by itself, in the files, and names them by
// their places, so that the hub searches nothing; many are done in several requests, each answered when it is on disk.
import type { ListedLetter } from '../dead-letters/letter-search.js';
import { type ErrorData, fromErrorData } from '../errors.js';
import type { ControlClient } from './control-client.js';
import type { ControlRoutes } from './control-server.js';

const REQUEUE_PATH = '/dead-letters/requeue';
const PURGE_PATH = '/dead-letters/purge';

/** Most letters in one request, and most bytes of their messages unless one alone has more. */
export const MOST_LETTERS = 500;
export const MOST_LETTERS_BYTES = 4 * 1024 * 1024;

/** What became of the letters of one request. */
export interface LettersDone {
  /** How many are no dead letters any more; less than there were when somebody else was faster. */
  readonly done: number;
  /** Why some were left: their messages cannot be read. */
  readonly problems: readonly ErrorData[];
}

interface LettersRequest {
  readonly consumer: string;
  readonly letters: readonly ListedLetter[];
}

/** What of a hub these routes need. Each call is on stable storage when it resolves. */
export interface DeadLetterAdmin {
  /** @throws (rejects) QUEUE_NOT_FOUND, CONSUMER_NOT_FOUND, HUB_NOT_RUNNING, DISK_LIMIT, JOURNAL_FAILED, DATA_DIR_UNUSABLE */
  requeue(consumer: string, letters: readonly ListedLetter[]): Promise<LettersDone>;
  /** @throws (rejects) QUEUE_NOT_FOUND, HUB_NOT_RUNNING, DATA_DIR_UNUSABLE */
  purge(consumer: string, letters: readonly ListedLetter[]): Promise<LettersDone>;
}

/** `POST /dead-letters/requeue`, `POST /dead-letters/purge`; the hub itself logs what was done. */
export function deadLetterRoutes(hub: DeadLetterAdmin): ControlRoutes {
  return (app) => {
    app.post<{ Body: LettersRequest }>(REQUEUE_PATH, async ({ body }) => hub.requeue(body.consumer, body.letters));
    app.post<{ Body: LettersRequest }>(PURGE_PATH, async ({ body }) => hub.purge(body.consumer, body.letters));
  };
}

/** What came back of one request. */
export interface LettersAnswer {
  readonly done: number;
  readonly problems: readonly Error[];
}

/**
 * Has a running hub put letters into their consumer's queue again, or remove them.
 *
 * @param letters At most {@link MOST_LETTERS}.
 * @throws HUB_UNREACHABLE (when it is cut off in the middle, some may be done), and as {@link DeadLetterAdmin} says.
 */
export async function askAboutLetters(
  client: ControlClient,
  what: 'requeue' | 'purge',
  consumer: string,
  letters: readonly ListedLetter[],
): Promise<LettersAnswer> {
  const request: LettersRequest = { consumer, letters };
  const path = what === 'requeue' ? REQUEUE_PATH : PURGE_PATH;
  const { done, problems } = (await client.request('POST', path, request)) as LettersDone;
  return { done, problems: problems.map((each) => fromErrorData({ ...each, stack: each.stack, code: each.code })) };
}
