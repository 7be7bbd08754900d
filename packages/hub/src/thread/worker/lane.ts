// Puts together what a consumer's thread delivers with: its claims, its readers, its log, and the loop for its kind of
// class.
import type { BatchConsumer, Consumer } from '../../consumer.js';
import { DeadLetterWriter } from '../../dead-letters/dead-letter-file.js';
import type { Files } from '../../files/files.js';
import { clearInFlight, settledBelowCursor } from '../../queue/held.js';
import { ENTRIES_PER_READ } from '../../queue/index-reader.js';
import { MOST_UNCOMMITTED, type QueueShared, type ThreadShared } from '../../queue/shared.js';
import { SettleLog } from '../../settlement/settle-log.js';
import { replaceEarlierLogs, settleLogName } from '../../settlement/settled-state.js';
import type { ConsumerTask } from '../protocol.js';
import { SuspectTurn } from '../suspect-turns.js';
import { BatchLoop } from './batch-loop.js';
import { Claims } from './claims.js';
import { openClaimSource } from './claims-source.js';
import { ConsumeLoop } from './consume-loop.js';
import { DamagedEntries } from './damaged-entries.js';
import { DeliveryClock } from './delivery-clock.js';
import type { ThreadContext } from './delivery-context.js';
import { Endings } from './endings.js';
import { EntryReader } from './entry-reader.js';
import { InFlight } from './in-flight.js';
import { KeyGate } from './key-gate.js';
import { LoopControl } from './loop-control.js';
import { RateLimiter } from './rate-limiter.js';
import { Settlements } from './settlements.js';
import { Supply } from './supply.js';
import { Waiting } from './waiting.js';

/** A thread claims few entries at a time while its consumer takes longer than this, so that the other threads get some. */
const SLOW_CONSUME_MS = 1;

export interface LaneParts {
  readonly task: ConsumerTask;
  readonly files: Files;
  readonly queue: QueueShared;
  readonly thread: ThreadShared;
  readonly consumer: Consumer | BatchConsumer;
  readonly context: ThreadContext;
  /** Called when the consumer asks to be stopped. */
  readonly halted: (reason: string, exitCode: number | undefined) => void;
}

/** What delivers to one consumer's instance. */
export interface Lane {
  readonly control: LoopControl;
  /** Delivers until it is told to stop. */
  run(): Promise<void>;
  /** Puts what was settled on stable storage. */
  sync(): void;
  /** Nothing more is written down: what is not settled by now is the next thread's. */
  abandon(): void;
  close(): void;
}

/** @throws what the settle log cannot be made with. */
export function openLane({ task, files, queue, thread, consumer, context, halted }: LaneParts): Lane {
  const { hubId, delivery, threadIndex, incarnation, queueNumber, queueDirectory, journalDirectory } = task;
  const { keyedFrom, freshFrom } = task;
  const log = openLog(task, files, queue);
  const reader = () => new EntryReader(files, journalDirectory, queueDirectory, freshFrom);
  const entries = reader();
  const entriesAgain = reader();
  const { orderKey } = delivery;
  const source = openClaimSource(
    queue,
    { files, journalDirectory, queueDirectory, freshFrom, orderKey, keyedFrom },
    threadIndex,
  );
  const claims = new Claims(queue, thread, task.returned, task.alreadySettled, source);
  const writer = `t${threadIndex}`;
  const deadLetters = new DeadLetterWriter({ files, directory: queueDirectory, writer, incarnation, queueNumber });
  const { retries } = task;
  const settlements = new Settlements({ queue, thread, claims, log, deadLetters, retries });
  // Of crashes that the hub has counted, the log of the thread that they ended says nothing.
  for (const retry of retries) if (retry.crashes > 0) settlements.retry(retry);
  const turn = new SuspectTurn(task.suspectTurn, task.suspectNumber);
  const inFlight = new InFlight({ thread, settlements, cautiousBelow: task.cautiousBelow, turn });
  const waiting = new Waiting(queue, thread, delivery);
  const gate = delivery.order === 'key' ? new KeyGate(waiting) : undefined;
  const clock = new DeliveryClock(thread, SLOW_CONSUME_MS);
  // Should such a commit fail, its entry is delivered again: none is to have gone before it.
  const mostUncommitted = delivery.order === 'strict' ? 1 : MOST_UNCOMMITTED;
  const { concurrency } = delivery;
  const control = new LoopControl({ concurrency, mostUncommitted, queue, settlements, waiting, clock });
  const changed = () => control.changed();
  const isAlone = () => queue.threads.length === 1 || clock.meanConsumeMs < SLOW_CONSUME_MS;
  const claimAtMost = () =>
    Math.min(isAlone() ? ENTRIES_PER_READ : delivery.batch ? delivery.maxBatch : 1, delivery.mostClaimed);
  const damaged = new DamagedEntries({ files, journalDirectory, log: context.log });
  const supply = new Supply({
    damaged,
    claims,
    entries,
    entriesAgain,
    settlements,
    waiting,
    gate,
    retries,
    claimAtMost,
    strict: delivery.order === 'strict',
  });
  const { retry } = delivery;
  const endings = new Endings({
    retry,
    context,
    queue,
    thread,
    claims,
    supply,
    settlements,
    waiting,
    gate,
    inFlight,
    halted,
    changed,
  });
  const limiter = delivery.rateLimit === undefined ? undefined : new RateLimiter(queue, delivery.rateLimit);
  const parts = { hubId, delivery, context, control, clock, supply, endings, inFlight, limiter };
  const loop = delivery.batch
    ? new BatchLoop({ ...parts, consumer: consumer as BatchConsumer })
    : new ConsumeLoop({ ...parts, consumer: consumer as Consumer });
  return {
    control,
    run: () => loop.run(),
    sync: () => settlements.sync(),
    abandon() {
      // It ends through no fault of what is being delivered: a consumer's failures are caught.
      clearInFlight(thread);
      settlements.abandon();
      control.stop();
    },
    close() {
      damaged.close();
      source.close();
      entries.close();
      entriesAgain.close();
      log.close();
      deadLetters.close();
    },
  };
}

/** The log of this incarnation, in the place of those of the earlier ones. */
function openLog(task: ConsumerTask, files: Files, queue: QueueShared): SettleLog {
  const directory = `${task.queueDirectory}/settled`;
  const name = settleLogName(task.threadIndex, task.incarnation);
  const log = new SettleLog({ files, directory, name, queueNumber: task.queueNumber });
  // Where it cannot be told at this moment what is settled in all, the log is only longer.
  replaceEarlierLogs(files, directory, log, name, settledBelowCursor(queue) ?? []);
  return log;
}
