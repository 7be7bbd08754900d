// The no-op consumer that also notes how long each message waited for it.
import { Waits } from '../traffic/waits.mjs';
import Counting from './counting.mjs';

export default class Timing extends Counting {
  /** @type {Waits} */
  #waits;

  /** @type {Counting['open']} */
  open(context) {
    super.open(context);
    this.#waits = new Waits(context.options.size);
  }

  /** @type {Counting['consume']} */
  async consume(message) {
    this.#waits.see(message.body);
    return super.consume(message);
  }

  /** @type {Counting['close']} */
  close(context) {
    super.close(context);
    this.#waits.write(context.options.dir, context.consumer);
  }
}
