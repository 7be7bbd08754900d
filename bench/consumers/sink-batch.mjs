// The same file, synced once for each batch.
import { closeSync, fdatasyncSync, openSync, writevSync } from 'node:fs';
import { join } from 'node:path';
import CountingBatch from './counting-batch.mjs';

export default class SinkBatch extends CountingBatch {
  #file = -1;

  /** @type {CountingBatch['open']} */
  open(context) {
    super.open(context);
    this.#file = openSync(join(context.options.dir, 'sink'), 'w');
  }

  /** @type {CountingBatch['consumeBatch']} */
  async consumeBatch(messages) {
    writevSync(
      this.#file,
      messages.map(({ body }) => body),
    );
    fdatasyncSync(this.#file);
    return super.consumeBatch(messages);
  }

  /** @type {CountingBatch['close']} */
  close(context) {
    closeSync(this.#file);
    super.close(context);
  }
}
