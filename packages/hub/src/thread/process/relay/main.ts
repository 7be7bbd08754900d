// The thread in the hub beside one consumer's own process, for one life of it: starts it, passes on what passes between it
// and the hub, and kills it where it has to be. A thread of its own, so that a blocked main thread stops no consumer.
import type { ChildProcess } from 'node:child_process';
import { workerData } from 'node:worker_threads';
import { QueueShared } from '../../../queue/shared.js';
import { applyMirror, type ThreadMirror } from '../mirror.js';
import type { FromChild, FromRelay, ProcessEnd, RelayData, ThreadsStanding, ToChild, ToRelay } from '../protocol.js';
import { ChildWatch } from './child-watch.js';
import { forkChild } from './fork-child.js';
import { QueueFeed } from './queue-feed.js';

/**
 * How much longer than its `drainTimeoutMs` the process may take to stop: deliveries are aborted, then threads ended, and
 * one that cannot be has told of it. Within the second that a whole hub has.
 */
const STOP_GRACE_MS = 900;

/** How long it may take to be gone once all of it has stopped. */
const EXIT_GRACE_MS = 1_000;

const { task, shared, residentLimitMb, killAfterMs, lockDescriptor, port } = workerData as RelayData;
const queue = new QueueShared(shared, task.shape);
const child: ChildProcess = forkChild(task.consumer, lockDescriptor);
const feed = new QueueFeed(queue, send);

let watch: ChildWatch | undefined;
let mirrored: readonly ThreadMirror[] = [];
const stuckThreads: number[] = [];
let standingSaid = '';
let killedFor: string | undefined;
let isOver = false;

function tell(message: FromRelay, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

/** What cannot be sent any more, nobody needs: the process is gone, or will be. */
function send(message: ToChild, sent: () => void = () => {}): void {
  if (child.connected) child.send(message, () => sent());
  else sent();
}

function kill(why: string): void {
  killedFor ??= why;
  child.kill('SIGKILL');
}

child.on('message', (message: FromChild) => {
  watch?.heard();
  switch (message.type) {
    case 'mirror':
      mirrored = message.mirror.threads;
      applyMirror(queue, message.mirror);
      tellStanding(message.standing);
      break;
    case 'event':
      tell(message);
      break;
    case 'publish': {
      // A copy: the memory that it came in may hold what came before and after it.
      const records = Uint8Array.from(message.records);
      tell({ type: 'publish', batch: message.batch, records }, [records.buffer]);
      break;
    }
    case 'stuck':
      stuckThreads.push(message.threadIndex);
      kill(`its thread ${message.threadIndex} was inside a call that does not return, and could not be ended`);
      break;
    case 'ended':
      isOver = true;
      child.disconnect();
      setTimeout(() => child.kill('SIGKILL'), EXIT_GRACE_MS).unref();
      break;
  }
});

port.on('message', (message: ToRelay) => {
  switch (message.type) {
    case 'stop':
      send(message);
      setTimeout(() => kill('it did not stop in time'), task.drainTimeoutMs + STOP_GRACE_MS).unref();
      break;
    case 'halt-noted':
      // Behind how the queue stands by then.
      send(feed.state);
      send(message);
      break;
    case 'published':
      send({ type: 'published', batch: message.batch });
      break;
    case 'publish-failed':
      send(message);
      break;
  }
});

function tellStanding(standing: ThreadsStanding): void {
  const said = JSON.stringify(standing);
  if (said === standingSaid) return;
  standingSaid = said;
  tell({ type: 'standing', standing });
}

/** Once the process is gone and all that it has sent is read. */
async function childEnd(): Promise<ProcessEnd> {
  const disconnected = new Promise<void>((resolve) => child.once('disconnect', () => resolve()));
  const why = await new Promise<string>((resolve) => {
    child.on('error', (error) => {
      if (child.pid === undefined) resolve(`it cannot be started: ${error.message}`);
    });
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `it exited with code ${code}` : `it ended by ${signal}`),
    );
  });
  if (child.pid !== undefined) await disconnected;
  // A thread that could not be ended is where it was when the last mirror was taken.
  const inFlight = mirrored.map((thread, index) => (stuckThreads.includes(index) ? thread.inFlight : []));
  return { inOrder: isOver && killedFor === undefined, why: killedFor ?? why, inFlight };
}

const end = childEnd();
const { pid } = child;
if (pid !== undefined) {
  tell({ type: 'begun', pid });
  const resident = (bytes: number) => tell({ type: 'resident', bytes });
  watch = new ChildWatch({ pid, residentLimitMb, killAfterMs, kill, resident });
  send({ type: 'run', task, memory: new Uint8Array(shared).slice() });
  void feed.run();
}
void end.then((how) => {
  watch?.stop();
  feed.end();
  tell({ type: 'gone', end: how });
  port.close();
});
