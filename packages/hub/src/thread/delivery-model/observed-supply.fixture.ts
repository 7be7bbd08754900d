// In the place of `supply.ts` in the model test: the same, and it tells which entries are taken. A consumer is not told
// which entry of its queue it is handed, and with a replay its position does not say it.
import { vi } from 'vitest';
import type * as SupplyModule from '../worker/supply.js';
import type { Entry } from '../worker/waiting.js';
import { notePutBack, noteTaken, openedContext } from './taken-entries.fixture.js';

const original = await vi.importActual<typeof SupplyModule>('../worker/supply.js');

export class Supply extends original.Supply {
  readonly #context: object;

  constructor(parts: ConstructorParameters<typeof original.Supply>[0]) {
    super(parts);
    this.#context = openedContext();
  }

  override take(nowMs: number): Entry | undefined {
    const entry = super.take(nowMs);
    if (entry !== undefined) noteTaken(this.#context, entry.ordinal);
    return entry;
  }

  override putBack(entry: Entry): void {
    super.putBack(entry);
    notePutBack(this.#context, entry.ordinal);
  }
}
