// A consumer for which a message fails now and then, by its number: once, always, or as a dead letter at once.
import { DeadLetter, type Message } from '@penstock/hub';
import { nameOf } from '../oracle/message.js';
import { NotingConsumer } from './noting-consumer.js';

/** Of so many messages each one that fails, by its place among them. */
const OF = 40;
const DEAD_AT = 7;
const ALWAYS_FAILS_AT = 11;
const FAILS_ONCE_EVERY = 8;

const MAX_ATTEMPTS = 3;

export default class Failing extends NotingConsumer {
  static override retry = { maxAttempts: MAX_ATTEMPTS, backoff: { initialMs: 20, maxMs: 200 } };

  override consume(message: Message): void {
    const place = (nameOf(message.id)?.sequence ?? 0) % OF;
    if (place === DEAD_AT) {
      this.note(message, 'dead');
      throw new DeadLetter('this one is not wanted');
    }
    const failsOnce = place % FAILS_ONCE_EVERY === 0 && message.attempt === 1;
    if (place === ALWAYS_FAILS_AT || failsOnce) {
      this.note(message, message.attempt === MAX_ATTEMPTS ? 'dead' : 'failed');
      throw new Error('this one fails');
    }
    this.note(message, 'took');
  }
}
