// A consumer that wants every message again, once, after a time that it names: whether it comes early or late shows in its
// notes, whose clock no wall clock can move.
import { type DeliveryContext, type Message, RetryAfter } from '@penstock/hub';
import { isInHurry, NotingConsumer, type NotingOptions } from './noting-consumer.js';

export default class RetryingLater extends NotingConsumer {
  override consume(message: Message, { options }: DeliveryContext<NotingOptions>): void {
    if (message.attempt > 1 || isInHurry(options)) {
      this.note(message, 'took');
    } else {
      this.note(message, 'failed');
      throw new RetryAfter(options.sleepMs ?? 0);
    }
  }
}
