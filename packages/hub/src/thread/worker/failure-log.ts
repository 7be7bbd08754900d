// Says in the log which deliveries fail and why: the first ones of each kind of failure, then a few a second, with how
// many there were in between. To look at an error's stack and write it takes a hundred times as long as a delivery
// (docs/decisions/0024), so that what has no line is not described either.
import type { Logger } from '../../consumer-context.js';
import { failureFields } from './failure-fields.js';
import { SampledLog } from './sampled-log.js';

/** Lines of one kind. */
const SAMPLING = { atOnce: 20, perSecond: 5 };

/** Kinds that are told apart; all further ones are one. */
const MOST_KINDS = 32;
const MOST_KIND_CHARACTERS = 100;
const OTHERS = 'of other kinds';

export class FailureLog {
  readonly #log: Logger;
  readonly #kinds = new Map<string, SampledLog>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /**
   * Writes a line of level `warn` with the error and its stack, or counts it.
   *
   * @param line What failed, and what becomes of it; asked for only where it is written.
   */
  failed(error: unknown, line: () => string): void {
    this.#ofKind(kindOf(error)).warn(line, () => failureFields(error));
  }

  #ofKind(kind: string): SampledLog {
    const known = this.#kinds.get(kind);
    if (known !== undefined) return known;
    if (this.#kinds.size >= MOST_KINDS && kind !== OTHERS) return this.#ofKind(OTHERS);
    const sampled = new SampledLog(this.#log, SAMPLING);
    this.#kinds.set(kind, sampled);
    return sampled;
  }
}

/** An error's name and code: unlike its message the same for many, and unlike its stack there already. */
function kindOf(error: unknown): string {
  try {
    const { name, code } = error as { readonly name?: unknown; readonly code?: unknown };
    const kind = code === undefined ? String(name) : `${String(name)} ${String(code)}`;
    return kind.slice(0, MOST_KIND_CHARACTERS);
  } catch {
    return OTHERS;
  }
}
