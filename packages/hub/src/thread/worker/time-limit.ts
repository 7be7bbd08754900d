// Ends the wait for a delivery that takes too long. The delivery itself cannot be ended: what comes of it later is
// ignored, and said in the log.
import type { Logger } from '../../consumer-context.js';
import { PenstockError, toErrorData } from '../../errors.js';
import { failureFields } from './failure-fields.js';
import { isThenable } from './thenable.js';

export interface TimeLimit {
  readonly timeoutMs: number;
  /** What is delivered, for messages: such as `consume() on "a.b" at position 7`. Asked for only when it is needed. */
  readonly what: () => string;
  readonly log: Logger;
  /** Called once when the time is over, before the promise rejects. */
  readonly expired: (error: PenstockError) => void;
}

/**
 * Resolves or rejects as `result` does, in time.
 *
 * @throws (rejects) DELIVERY_TIMEOUT
 */
export async function withinTime(result: unknown, { timeoutMs, what, log, expired }: TimeLimit): Promise<void> {
  if (!isThenable(result)) return;
  const startedMs = performance.now();
  let expiry: PenstockError | undefined;
  let timer: NodeJS.Timeout | undefined;
  const sayLate = (how: string, fields?: Record<string, unknown>) => {
    const tookMs = Math.round(performance.now() - startedMs);
    log.warn(`${what()} ${how} after ${tookMs} ms, too late: it counts as failed already`, fields);
  };
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      expiry = new PenstockError('DELIVERY_TIMEOUT', `${what()} took longer than timeoutMs, ${timeoutMs} ms`);
      expired(expiry);
      reject(expiry);
    }, timeoutMs);
  });
  const ended = Promise.resolve(result).then(
    () => {
      if (expiry !== undefined) sayLate('returned');
    },
    (error: unknown) => {
      if (expiry === undefined) throw error;
      // One that heeds its signal has ended as it should.
      if (error !== expiry && toErrorData(error).name !== 'AbortError') sayLate('failed', failureFields(error));
    },
  );
  try {
    await Promise.race([ended, limit]);
  } finally {
    clearTimeout(timer);
  }
}
