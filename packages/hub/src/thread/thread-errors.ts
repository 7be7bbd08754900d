// Errors of consumers' threads, with the code that says which kind it is and the stack that says where.
import { type ErrorData, fromErrorData, PenstockError, toErrorData } from '../errors.js';

/** What kept a consumer from opening, as an error with a code. */
export function openFailed(error: ErrorData): PenstockError {
  if (error.code === 'CONSUMER_LOAD_FAILED') return fromErrorData(error) as PenstockError;
  return withStack(new PenstockError('CONSUMER_OPEN_FAILED', `open() failed: ${error.message}`), error);
}

/** What ended a thread by itself (an exception outside consume(), process.exit(), memory), as an error with a code. */
export function crashed(cause: unknown): PenstockError {
  const error = toErrorData(cause);
  return withStack(new PenstockError('CONSUMER_CRASHED', `its thread ended: ${error.message}`), error);
}

function withStack(error: PenstockError, { stack }: ErrorData): PenstockError {
  if (stack !== undefined) error.stack = stack;
  return error;
}
