// What a consumer's own process is made of, what differs from one process of it to the next, and what is told of it.
import type { ErrorData } from '../../errors.js';
import type { ConsumerThreadsEvents, ConsumerThreadsOptions } from '../consumer-options.js';
import type { ProcessTask } from './protocol.js';

/** What a process begins with; beside it, what it takes up is held in the queue's memory. */
export type ProcessBegin = Pick<ProcessTask, 'firstIncarnation' | 'alreadySettled' | 'retries' | 'cautiousBelow'>;

export interface ConsumerProcessOptions extends Omit<ConsumerThreadsOptions, 'suspectTurns' | 'watchdog'> {
  /** Of the data directory's lock, which is held as long as the process lives; undefined where there is none. */
  readonly lockDescriptor: number | undefined;
}

export interface ConsumerProcessEvents extends Omit<ConsumerThreadsEvents, 'stuck'> {
  /** The process has ended by itself, or had to be killed; it is started again in `retryInMs`. */
  processFailed(error: ErrorData, retryInMs: number): void;
}
