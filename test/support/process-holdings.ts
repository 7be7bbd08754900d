// What this process holds that it could run out of, or that would keep it alive: to be the same after a test as
// before it, whatever was started and stopped meanwhile.
import { readdirSync } from 'node:fs';
import { until } from './until.js';

export interface Holdings {
  readonly fileDescriptors: number;
  readonly threads: number;
  /** Handles and requests that keep the event loop alive, but for timers of the test itself. */
  readonly resources: readonly string[];
}

/** What is held at this moment. Linux only. */
export function holdings(): Holdings {
  return {
    fileDescriptors: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
    resources: process
      .getActiveResourcesInfo()
      .filter((name) => !['Timeout', 'Immediate', 'FSReqPromise', 'FSReqCallback'].includes(name))
      .toSorted(),
  };
}

/** Resolves when no more is held than `before`; what was let go of may take some turns to be gone. */
export async function noMoreThan(before: Holdings): Promise<void> {
  let now = holdings();
  try {
    await until('what was held is let go of', () => {
      now = holdings();
      return (
        now.fileDescriptors <= before.fileDescriptors &&
        now.threads <= before.threads &&
        now.resources.length <= before.resources.length
      );
    });
  } catch (cause) {
    throw new Error(`held before: ${JSON.stringify(before)}, now: ${JSON.stringify(now)}`, { cause });
  }
}
