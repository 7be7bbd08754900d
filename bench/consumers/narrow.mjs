// One of several consumers that divide a stream between them by its topics: what they see is added up as if they
// were the threads of one consumer.
import Counting from './counting.mjs';

export default class Narrow extends Counting {
  /** @type {Counting['close']} */
  close({ options, consumer }) {
    super.close({ options, consumer: 'narrow', threadIndex: Number(/\d+$/.exec(consumer)?.[0]) });
  }
}
