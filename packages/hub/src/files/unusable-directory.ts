// How it is told that the system refuses a data directory: what, where, and what to do about it.
import { PenstockError } from '../errors.js';
import { isDiskFull } from './files.js';

/**
 * Does something with the files of a data directory.
 *
 * @param what What cannot be done when the system refuses: `cannot be made`.
 * @throws DATA_DIR_UNUSABLE for what the system throws; all else as it is.
 */
export function usingDirectory<Result>(path: string, what: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    const { syscall, message } = cause as NodeJS.ErrnoException;
    if (cause instanceof PenstockError || syscall === undefined) throw cause;
    const remedy = isDiskFull(cause) ? 'make room on its disk' : 'change its permissions';
    throw new PenstockError(
      'DATA_DIR_UNUSABLE',
      `the data directory ${path} ${what}: ${message}; ${remedy}, or choose another dataDir`,
      { cause },
    );
  }
}
