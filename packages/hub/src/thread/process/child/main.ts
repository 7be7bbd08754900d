// The main thread of a consumer's own process: runs the consumer's threads as the hub's main thread would, and keeps the
// hub informed. None of the consumer's code runs here, so that it answers whatever that does; and without the hub it ends.
import { NodeFiles } from '../../../files/node-files.js';
import { QueueShared } from '../../../queue/shared.js';
import type { ConsumerThreadsEvents } from '../../consumer-options.js';
import { ConsumerThreads } from '../../consumer-threads.js';
import { SuspectTurns } from '../../suspect-turns.js';
import { Watchdog } from '../../watchdog.js';
import type { FromChild, ProcessTask, ThreadEvent, ToChild } from '../protocol.js';
import { ForwardedPublishes } from './forwarded-publishes.js';
import { MirrorSender } from './mirror-sender.js';

/** What the hub has started this process for. */
interface Hosted {
  readonly queue: QueueShared;
  readonly threads: ConsumerThreads;
  readonly publishes: ForwardedPublishes;
  readonly mirrors: MirrorSender;
}

let hosted: Hosted | undefined;
let ended = false;
/** What the hub has said last of whether deliveries are held back. */
let pausedByHub = false;
/** Halts of the consumer that the hub has not answered. */
let halts = 0;

/** At Ctrl-C, and where a service manager stops them all, it is the hub that ends this process, in order. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

process.once('disconnect', () => {
  if (ended) process.exit(0);
  // The hub is gone: what is delivered from now on, another hub may be delivering too.
  process.kill(process.pid, 'SIGKILL');
});

process.on('message', (message: ToChild) => {
  switch (message.type) {
    case 'run':
      hosted = run(message.task, message.memory);
      break;
    case 'queue':
      if (hosted !== undefined) follow(hosted, message);
      break;
    case 'halt-noted':
      halts--;
      if (hosted !== undefined && halts === 0) hosted.queue.paused = pausedByHub;
      break;
    case 'published':
      hosted?.publishes.answered(message.batch, undefined);
      break;
    case 'publish-failed':
      hosted?.publishes.answered(message.batch, message.error);
      break;
    case 'stop':
      void stop();
      break;
  }
});

function tell(message: FromChild, sent: () => void = () => {}): void {
  process.send?.(message, undefined, undefined, sent);
}

function run(task: ProcessTask, memory: Uint8Array): Hosted {
  const buffer = QueueShared.allocate(task.shape);
  new Uint8Array(buffer).set(memory);
  const queue = new QueueShared(buffer, task.shape);
  pausedByHub = queue.paused;
  const publishes = new ForwardedPublishes(tell);
  const parts = {
    queue,
    files: new NodeFiles({ durable: task.durable }),
    suspectTurns: new SuspectTurns(),
    watchdog: new Watchdog(),
    enqueuer: publishes,
  };
  const threads = new ConsumerThreads({ ...task, ...parts }, forwarded());
  const mirrors = new MirrorSender(queue, (mirror, sent) => {
    const { restarts, problem, stalls } = threads;
    tell({ type: 'mirror', mirror, standing: { restarts, problem, stalls } }, sent);
  });
  mirrors.start();
  void threads.start();
  return { queue, threads, publishes, mirrors };
}

/** The hub's word counts where it changes: a consumer that has halted has paused its queue by itself. */
function follow({ queue, mirrors }: Hosted, message: Extract<ToChild, { type: 'queue' }>): void {
  const { enqueued, enqueuedBytes, paused } = message;
  queue.enqueuedBytes.set(enqueuedBytes);
  queue.enqueued.set(enqueued);
  const changed = paused !== pausedByHub;
  pausedByHub = paused;
  if (changed && halts === 0) queue.paused = paused;
  else queue.notify();
  mirrors.hasten();
}

function forwarded(): ConsumerThreadsEvents {
  const tellOf = (event: ThreadEvent) => {
    hosted?.mirrors.now();
    tell({ type: 'event', event });
  };
  return {
    started: (...args) => tellOf({ name: 'started', args }),
    failed: (...args) => tellOf({ name: 'failed', args }),
    stopped: (...args) => tellOf({ name: 'stopped', args }),
    left: (...args) => tellOf({ name: 'left', args }),
    failedAfterEnd: (...args) => tellOf({ name: 'failedAfterEnd', args }),
    stalled: (...args) => tellOf({ name: 'stalled', args }),
    recovered: (...args) => tellOf({ name: 'recovered', args }),
    // What it was at is in its memory until this returns.
    stuck: (threadIndex) => hosted?.mirrors.end(() => tell({ type: 'stuck', threadIndex })),
    halted: (...args) => {
      halts++;
      if (hosted !== undefined) hosted.queue.paused = true;
      tellOf({ name: 'halted', args });
    },
  };
}

async function stop(): Promise<void> {
  const { threads, mirrors } = hosted ?? {};
  await threads?.stop();
  const last = () => {
    ended = true;
    tell({ type: 'ended' });
  };
  if (mirrors === undefined) last();
  else mirrors.end(last);
}
