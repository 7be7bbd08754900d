// What runs in a consumer's thread, as a Piscina task that lasts as long as the thread does: opens the
// consumer, delivers until it is told to stop, closes the consumer, and leaves its settle log in order.
import { toErrorData } from '../../errors.js';
import { NodeFiles } from '../../files/node-files.js';
import { QueueShared, ThreadShared } from '../../queue/shared.js';
import type { ConsumerTask, FromThread, ToThread } from '../protocol.js';
import { ThreadContext } from './delivery-context.js';
import { failureFields } from './failure-fields.js';
import { noteBegun, startHeartbeat } from './heartbeat.js';
import { type Lane, openLane } from './lane.js';
import { callHook, loadConsumer } from './load-consumer.js';
import { Outbox } from './outbox.js';
import { installOutput } from './output.js';

/** How often what was settled is put on stable storage. */
const SYNC_EVERY_MS = 1_000;

process.setSourceMapsEnabled(true);

export default async function consumerThread(task: ConsumerTask): Promise<void> {
  const { consumer: name, threadIndex, port } = task;
  const queue = new QueueShared(task.shared, task.shape);
  const thread = queue.threads[threadIndex] as ThreadShared;
  noteBegun(thread);
  const log = installOutput({
    consumer: name,
    threadIndex,
    ...task.log,
    onDropped: (lines) => {
      thread.numbers[ThreadShared.LOG_LINES_DROPPED] =
        (thread.numbers[ThreadShared.LOG_LINES_DROPPED] as number) + lines;
    },
  });
  const outbox = new Outbox(port, task.maxMessageBytes);
  const context = new ThreadContext(task, log, outbox);
  let lane: Lane | undefined;
  let drain: (() => Promise<void>) | undefined;
  let drained: Promise<void> | undefined;
  // The port is also what keeps the thread alive: waiting for shared memory does not.
  port.on('message', (message: ToThread) => {
    switch (message.type) {
      case 'stop':
        lane?.control.stop();
        drained ??= drain?.();
        break;
      case 'abort':
        context.abort();
        break;
      default:
        outbox.receive(message);
    }
  });

  let opened = false;
  try {
    const Loaded = await loadConsumer(name, task.moduleUrl);
    startHeartbeat(thread, task.delivery.stallMs);
    const consumer = new Loaded();
    await callHook(consumer, 'open', context);
    opened = true;
    const tryHook = async (hook: 'drain' | 'close'): Promise<void> => {
      await callHook(consumer, hook, context).catch((error: unknown) => {
        log.error(`${hook}() failed`, failureFields(error));
      });
    };
    drain = () => tryHook('drain');
    const files = new NodeFiles({ durable: task.durable });
    const halted = (reason: string, exitCode: number | undefined) =>
      port.postMessage({ type: 'halted', reason, exitCode } satisfies FromThread);
    lane = openLane({ task, files, queue, thread, consumer, context, halted });
    const { sync: syncSettled } = lane;
    // Told to while it opened: the message has come and gone.
    if (queue.stopping) lane.control.stop();
    const sync = setInterval(syncSettled, SYNC_EVERY_MS);
    thread.state = 'running';
    port.postMessage({ type: 'running' } satisfies FromThread);
    await lane.run();
    clearInterval(sync);
    // The loop may see in shared memory that it is to stop before the message has come.
    drained ??= drain();
    await drained;
    await tryHook('close');
    lane.close();
    log.flush();
    port.close();
  } catch (error) {
    // Whatever the consumer has left running must not meet its successor: a thread that failed is ended, not used
    // again, and until then it does nothing more.
    lane?.abandon();
    context.abort();
    log.flush();
    port.postMessage({ type: 'failed', opened, error: toErrorData(error) } satisfies FromThread);
    await new Promise(() => {});
  }
}
