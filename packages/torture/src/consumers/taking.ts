// A consumer that takes whatever comes, at once or after a sleep: fast, slow, in strict order or by key, as its settings in
// the scratch project's config say.
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryContext, Message } from '@penstock/hub';
import { isInHurry, NotingConsumer, type NotingOptions } from './noting-consumer.js';

export default class Taking extends NotingConsumer {
  override consume(message: Message, { options }: DeliveryContext<NotingOptions>): void | Promise<void> {
    if (options.sleepMs === undefined) this.note(message, 'took');
    else return this.#takeLate(message, options);
  }

  async #takeLate(message: Message, options: NotingOptions): Promise<void> {
    if (!isInHurry(options)) await sleep(options.sleepMs);
    this.note(message, 'took');
  }
}
