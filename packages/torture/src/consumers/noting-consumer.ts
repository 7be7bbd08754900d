// What all consumers of a scratch project have in common: they note each delivery in a file outside the hub, with the
// checksum of the bytes that came, before it is settled.
import { existsSync } from 'node:fs';
import { Consumer, type ConsumerContext, type Message } from '@penstock/hub';
import { checksumOf, nameOf } from '../oracle/message.js';
import { type Ending, monotonicMs, Notes } from '../oracle/notes.js';

/** What consumers of a scratch project are given as their `options`. */
export interface NotingOptions {
  /** Path of the file of notes. */
  readonly notes: string;
  /** Once this file is there, nothing sleeps any more, so that queues run empty. */
  readonly hurry: string;
  /** How long a delivery takes in a consumer that sleeps, or waits for its retry, in milliseconds. */
  readonly sleepMs?: number;
}

/** A consumer that notes what it gets. */
export abstract class NotingConsumer extends Consumer<NotingOptions> {
  static override topics = ['torture.load'];
  #notes: Notes | undefined;

  override open({ options }: ConsumerContext<NotingOptions>): void {
    this.#notes = new Notes(options.notes);
  }

  override close(): void {
    this.#notes?.close();
  }

  /** Notes a delivery; called once for each, right before it ends. */
  protected note(message: Message, ending: Ending): void {
    noteDelivery(this.#notes, message, ending);
  }
}

/** Whether a scratch project's consumers are to sleep no more. */
export const isInHurry = ({ hurry }: NotingOptions): boolean => existsSync(hurry);

/** The same for consumers of another base. */
export function noteDelivery(notes: Notes | undefined, { id, body, attempt }: Message, ending: Ending): void {
  const name = nameOf(id);
  // Other messages than those of a producer are of no interest to the oracle.
  if (name !== undefined) {
    notes?.delivery({ ...name, ending, checksum: checksumOf(body), attempt, atMs: monotonicMs() });
  }
}
