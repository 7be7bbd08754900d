// One life of a consumer's own process, from the hub's main thread: its relay thread, and what passes over the port to it.
import { readFileSync } from 'node:fs';
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { toErrorData } from '../../errors.js';
import { Publishes } from '../publishes.js';
import type { ConsumerProcessOptions, ProcessBegin } from './process-options.js';
import type {
  FromRelay,
  ProcessEnd,
  ProcessTask,
  RelayData,
  ThreadEvent,
  ThreadsStanding,
  ToRelay,
} from './protocol.js';

/** How often it is looked whether a process that nobody waits for is gone. */
const LOOK_EVERY_MS = 10;

export interface ProcessEvents {
  event(event: ThreadEvent): void;
  standing(standing: ThreadsStanding): void;
  resident(bytes: number): void;
}

export interface ProcessRun {
  /** Tells it to let deliveries in flight finish, and end. */
  stop(): void;
  /** Resolves when the process is gone. */
  readonly ended: Promise<ProcessEnd>;
}

export function startProcess(
  options: ConsumerProcessOptions,
  begin: ProcessBegin,
  residentLimitMb: number,
  events: ProcessEvents,
): ProcessRun {
  const { port1, port2 } = new MessageChannel();
  const { enqueuer, queue, killAfterMs, lockDescriptor, consumer } = options;
  const workerData: RelayData = {
    task: taskOf(options, begin),
    shared: queue.buffer,
    residentLimitMb,
    killAfterMs,
    lockDescriptor,
    port: port2,
  };
  const relay = new Worker(new URL('./relay/main.js', import.meta.url), {
    name: `penstock process of ${consumer}`,
    workerData,
    transferList: [port2],
  });
  const publishes = new Publishes(enqueuer, port1);
  let pid: number | undefined;
  let end: ProcessEnd | undefined;
  const take = (message: FromRelay) => {
    switch (message.type) {
      case 'publish':
        publishes.take(message);
        break;
      case 'event':
        events.event(message.event);
        if (message.event.name === 'halted') tell(port1, { type: 'halt-noted' });
        break;
      case 'standing':
        events.standing(message.standing);
        break;
      case 'begun':
        pid = message.pid;
        break;
      case 'resident':
        events.resident(message.bytes);
        break;
      case 'gone':
        end = message.end;
        break;
    }
  };
  port1.on('message', take);
  return { stop: () => tell(port1, { type: 'stop' }), ended: relayEnd() };

  async function relayEnd(): Promise<ProcessEnd> {
    let failure: unknown;
    relay.once('error', (error) => {
      failure = error;
    });
    await new Promise((resolve) => relay.once('exit', resolve));
    // What it said last may not have come to be events.
    for (let last = receiveMessageOnPort(port1); last !== undefined; last = receiveMessageOnPort(port1)) {
      take(last.message as FromRelay);
    }
    port1.close();
    if (end !== undefined) return end;
    if (pid !== undefined) await killed(pid);
    return { inOrder: false, why: `the thread beside it failed: ${toErrorData(failure).message}`, inFlight: [] };
  }
}

function taskOf(options: ConsumerProcessOptions, begin: ProcessBegin): ProcessTask {
  const { files: _, queue, enqueuer: __, lockDescriptor: ___, ...rest } = options;
  return { ...rest, ...begin, shape: queue.shape };
}

function tell(port: MessagePort, message: ToRelay): void {
  port.postMessage(message);
}

/** Kills a process whose relay thread has ended without it, and waits until it runs no more. */
async function killed(pid: number): Promise<void> {
  while (isRunning(pid)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      return;
    }
    await setTimeoutPromise(LOOK_EVERY_MS);
  }
}

/** One that has ended, and that nobody has taken note of, is still listed. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
