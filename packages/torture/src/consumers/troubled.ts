// A consumer that gets into whatever trouble a message's topic names: it ends its thread or its process, blocks it, or takes a long time. A
// message whose body begins with "once" makes no trouble any more when it comes again; it notes the others like any consumer.
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryContext, Message } from '@penstock/hub';
import { isInHurry, NotingConsumer, type NotingOptions } from './noting-consumer.js';

/** Far longer than any test waits. */
const FOR_EVER_MS = 3_600_000;

/** What each topic's last token stands for. */
const TROUBLES: Readonly<Record<string, () => unknown>> = {
  exit: () => process.exit(1),
  throw: () => {
    setImmediate(() => {
      throw new Error('thrown outside of consume()');
    });
    return sleep(FOR_EVER_MS);
  },
  reject: () => {
    void Promise.reject(new Error('nobody handles this'));
    return sleep(FOR_EVER_MS);
  },
  kill: () => endProcess('SIGKILL'),
  segv: () => endProcess('SIGSEGV'),
  block: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FOR_EVER_MS),
  loop: () => {
    for (;;);
  },
  wait: () => sleep(FOR_EVER_MS),
};

/** Ends the process, which is the hub's own unless the consumer has one: a delivery is not over before. */
function endProcess(signal: NodeJS.Signals): Promise<void> {
  process.kill(process.pid, signal);
  return sleep(FOR_EVER_MS);
}

export default class Troubled extends NotingConsumer {
  static override topics = ['torture.load', 'torture.trouble.*'];

  override consume(message: Message, { options }: DeliveryContext<NotingOptions>): unknown {
    const trouble = TROUBLES[message.topic.split('.').at(-1) ?? ''];
    if (trouble === undefined) return this.note(message, 'took');
    return isInHurry(options) || isOver(message.text(), options) ? undefined : trouble();
  }
}

/** Whether a message that makes trouble once has done so; from now on it has. */
function isOver(body: string, { notes }: NotingOptions): boolean {
  if (!body.startsWith('once')) return false;
  const mark = `${notes}.${body.replaceAll(/\W/g, '-')}`;
  if (existsSync(mark)) return true;
  writeFileSync(mark, '');
  return false;
}
