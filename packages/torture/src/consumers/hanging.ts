// A consumer that hangs while it is told to by a file beside its notes: in open(), as for a peer that does not answer, or in the
// read of a named pipe that nobody writes to, which not even the end of its thread ends.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerContext, DeliveryContext, Message } from '@penstock/hub';
import { NotingConsumer, type NotingOptions } from './noting-consumer.js';

/** Far longer than any test waits. */
const FOR_EVER_MS = 3_600_000;

/** Paths of the files, from that of the consumer's notes. */
export const hangFilesOf = (notes: string) => ({
  /** Has `open` hang. */
  open: `${notes}.hang`,
  /** The pipe. */
  pipe: `${notes}.pipe`,
  /** Written by the consumer: that it hangs. */
  hangs: `${notes}.hangs`,
});

export default class Hanging extends NotingConsumer {
  override async open(context: ConsumerContext<NotingOptions>): Promise<void> {
    super.open(context);
    const { open, hangs } = hangFilesOf(context.options.notes);
    if (!existsSync(open)) return;
    writeFileSync(hangs, '');
    await sleep(FOR_EVER_MS);
  }

  override consume(_: Message, { options }: DeliveryContext<NotingOptions>): void {
    const { pipe, hangs } = hangFilesOf(options.notes);
    if (!existsSync(pipe)) return;
    writeFileSync(hangs, '');
    readFileSync(pipe);
  }
}
