// Whom to ask about a data directory: the hub that runs on it, or the files when none does. Told without taking its lock,
// so that nobody gets in the way of a hub that is being started.
import { PenstockError } from '../../errors.js';
import { type LockOwner, lockOwner } from '../../files/directory-lock.js';

const NOBODY_LISTENS: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ECONNREFUSED']);

/** How often the files are read again because a hub came and went meanwhile. */
const MOST_TRIES = 3;

/**
 * Asks the hub, or reads the files: again when a hub has changed them meanwhile.
 *
 * @throws HUB_UNREACHABLE when a hub is there and does not answer; what `ask` and `read` throw.
 */
export async function hubOrFiles<Result>(
  dataDirectory: string,
  ask: () => Promise<Result>,
  read: () => Result | Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      const before = checkNoHub(dataDirectory, error);
      const isStill = () => lockOwner(dataDirectory)?.identity === before?.identity;
      try {
        const result = await read();
        if (isStill() || tries === MOST_TRIES) return result;
      } catch (failure) {
        if (isStill() || tries === MOST_TRIES) throw failure;
      }
    }
  }
}

/**
 * Makes sure that no hub answers because there is none.
 *
 * @param error What asking it ended with.
 * @returns Who had the data directory last.
 * @throws The error, unless it says that nobody listens; HUB_UNREACHABLE when there is a hub all the same.
 */
export function checkNoHub(dataDirectory: string, error: unknown): LockOwner | undefined {
  if (!(error instanceof PenstockError) || error.code !== 'HUB_UNREACHABLE') throw error;
  // Anything but that nobody listens is a hub's doing.
  if (!NOBODY_LISTENS.has((error.cause as NodeJS.ErrnoException).code)) throw error;
  const owner = lockOwner(dataDirectory);
  // This process itself has had the lock for a removal that was refused.
  if (owner?.isAlive !== true || owner.pid === process.pid) return owner;
  throw new PenstockError(
    'HUB_UNREACHABLE',
    `the hub on data directory ${dataDirectory} (process ${owner.pid}) does not answer: it still starts, already stops, or is stuck; try again`,
    { cause: error },
  );
}
