// How `hub` ends with an error: one line per problem on standard error, and the exit code of its kind.
import { ERRORS, type PenstockError } from '@penstock/hub';

/** Exit code of what no table of codes has foreseen. */
export const UNEXPECTED = 1;

/** Exit code of a command line that cannot be meant. */
export const WRONG_USAGE = 2;

/** Said below an error that nobody has foreseen. */
const SEE_WHERE = 'this was not foreseen; run it again with --verbose to see where it comes from';

/** The command line asks for something that is not there; the message says what there is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Whether `error` is one of Penstock's own, also where the user's project has a copy of @penstock/hub of its own. */
export function isPenstockError(error: unknown): error is PenstockError {
  return error instanceof Error && error.name === 'PenstockError' && (error as PenstockError).code in ERRORS;
}

/** What the process is to exit with because of `error`. */
export function exitCodeOf(error: unknown): number {
  if (isPenstockError(error)) return error.exitCode;
  return error instanceof UsageError ? WRONG_USAGE : UNEXPECTED;
}

/**
 * The lines that tell a person of `error`. What is expected to go wrong is told by its message alone; anything
 * else is told with its kind, and with how to see where it comes from.
 *
 * @param verbose Whether to give the stack, and what caused it.
 */
export function failureLines(error: unknown, verbose: boolean): string[] {
  if (!verbose) {
    const expected = isPenstockError(error) || error instanceof UsageError;
    return expected ? error.message.split('\n') : [...String(error).split('\n'), SEE_WHERE];
  }
  const lines = stackOf(error).split('\n');
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause === undefined) return lines;
  const [first, ...rest] = failureLines(cause, true);
  return [...lines, `caused by: ${first}`, ...rest];
}

const stackOf = (thrown: unknown): string =>
  thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
