// A consumer that takes messages in batches.
import { BatchConsumer, type ConsumerContext, type Message } from '@penstock/hub';
import { Notes } from '../oracle/notes.js';
import { type NotingOptions, noteDelivery } from './noting-consumer.js';

export default class Batching extends BatchConsumer<NotingOptions> {
  static override topics = ['torture.load'];
  static override maxBatch = 50;
  #notes: Notes | undefined;

  override open({ options }: ConsumerContext<NotingOptions>): void {
    this.#notes = new Notes(options.notes);
  }

  override close(): void {
    this.#notes?.close();
  }

  override consumeBatch(messages: readonly Message[]): void {
    for (const message of messages) noteDelivery(this.#notes, message, 'took');
  }
}
