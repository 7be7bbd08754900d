// The overflow thread: takes the oldest entries out of queues that are over their bound. Apart from the main thread and
// from the journal's, which must not wait for it, and from the consumers, which may be blocked for good.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { DeadLetterWriter } from '../../dead-letters/dead-letter-file.js';
import type { Files } from '../../files/files.js';
import { NodeFiles } from '../../files/node-files.js';
import { settledBelowCursor } from '../../queue/held.js';
import { IndexReader } from '../../queue/index-reader.js';
import { QueueShared, type ThreadShared } from '../../queue/shared.js';
import { SettleLog } from '../../settlement/settle-log.js';
import { replaceEarlierLogs, settleLogName } from '../../settlement/settled-state.js';
import { Claims } from '../worker/claims.js';
import { openClaimSource } from '../worker/claims-source.js';
import { EntryReader } from '../worker/entry-reader.js';
import { Settlements } from '../worker/settlements.js';
import { OverflowQueue } from './overflow-queue.js';
import type { FromOverflow, OverflowData, OverflowTask, ToOverflow } from './protocol.js';

/** How often what was settled is put on stable storage. */
const SYNC_EVERY_MS = 1_000;

const { queues, durable, journalDirectory, freshFrom, port } = workerData as OverflowData;
const say = (level: FromOverflow['level'], text: string) => port.postMessage({ level, text } satisfies FromOverflow);
const log = {
  info: (text: string) => say('info', text),
  warn: (text: string) => say('warn', text),
  error: (text: string) => say('error', text),
};

/** One queue's watch. */
interface Watch {
  /** Runs until the thread is told to stop. */
  readonly ended: Promise<void>;
  wake(): void;
  sync(): void;
  close(): void;
}

let stopping = false;

function watch(task: OverflowTask, files: Files): Watch {
  const { consumer, queueDirectory, queueNumber, incarnation, maxBacklog, whenFull } = task;
  const queue = new QueueShared(task.shared, task.shape);
  const thread = queue.overflow as ThreadShared;
  const settled = openLog(task, files, queue);
  const writer = { files, directory: queueDirectory, writer: 'overflow', incarnation, queueNumber };
  const deadLetters = new DeadLetterWriter(writer);
  const { orderKey, keyedFrom } = task;
  const reading = { files, journalDirectory, queueDirectory, freshFrom, orderKey, keyedFrom };
  const source = openClaimSource(queue, reading, 'overflow');
  const claims = new Claims(queue, thread, task.returned, task.alreadySettled, source);
  const { retries } = task;
  const settlements = new Settlements({ queue, thread, claims, log: settled, deadLetters, retries });
  const indexes = new IndexReader(files, queueDirectory);
  const records = new EntryReader(files, journalDirectory, queueDirectory, freshFrom);
  const parts = { consumer, queue, maxBacklog, whenFull, claims, settlements, indexes, records, log };
  const overflow = new OverflowQueue(parts);
  const wake = () => queue.notify();
  const run = async (): Promise<void> => {
    while (!stopping) {
      const seen = Atomics.load(queue.wake, 0);
      if (overflow.takeSome(wake)) {
        await endOfTurn();
        continue;
      }
      // Without a time limit: timed waits that are woken early leak. The port keeps the thread alive.
      const wait = Atomics.waitAsync(queue.wake, 0, seen);
      if (wait.async) await wait.value;
    }
  };
  thread.state = 'running';
  return {
    ended: run(),
    wake,
    sync: () => settled.sync(),
    close() {
      overflow.close();
      indexes.close();
      records.close();
      source.close();
      settled.close();
      deadLetters.close();
      thread.state = 'stopped';
    },
  };
}

/** The log of this incarnation, in the place of those of the earlier ones. */
function openLog({ queueDirectory, queueNumber, incarnation }: OverflowTask, files: Files, queue: QueueShared) {
  const directory = `${queueDirectory}/settled`;
  const name = settleLogName('overflow', incarnation);
  const settled = new SettleLog({ files, directory, name, queueNumber });
  replaceEarlierLogs(files, directory, settled, name, settledBelowCursor(queue) ?? []);
  return settled;
}

const files = new NodeFiles({ durable });
const watches = queues.map((task) => watch(task, files));
port.on('message', (_stop: ToOverflow) => {
  stopping = true;
  for (const { wake } of watches) wake();
});
const sync = setInterval(() => {
  for (const each of watches) each.sync();
}, SYNC_EVERY_MS);
// What one of them fails with ends the thread: it is started again.
await Promise.all(watches.map(({ ended }) => ended));
clearInterval(sync);
for (const { close } of watches) close();
port.close();
