// The no-op consumer, but that every hundredth message fails the first time it comes.
import { sequenceOf } from '../traffic/messages.mjs';
import Counting from './counting.mjs';

const FAILS_EACH = 100;

export default class Failing extends Counting {
  /**
   * @override
   * @param {Pick<import('@penstock/hub').Message, 'body' | 'attempt'>} message
   */
  async consume(message) {
    if (message.attempt === 1 && sequenceOf(message.body) % FAILS_EACH === 0)
      throw new Error('the first time it fails');
    return super.consume(message);
  }
}
