// Appends each message to a file and syncs it: what a consumer does that promises its own disk for each.
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Counting from './counting.mjs';

export default class Sink extends Counting {
  #file = -1;

  /** @type {Counting['open']} */
  open(context) {
    super.open(context);
    this.#file = openSync(join(context.options.dir, 'sink'), 'w');
  }

  /** @type {Counting['consume']} */
  async consume(message) {
    writeSync(this.#file, message.body);
    fdatasyncSync(this.#file);
    return super.consume(message);
  }

  /** @type {Counting['close']} */
  close(context) {
    closeSync(this.#file);
    super.close(context);
  }
}
