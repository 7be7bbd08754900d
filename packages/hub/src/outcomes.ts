// What a consumer throws to say what is to become of its message, beside the plain error that has it delivered again.
// Known by a mark and not by class: a consumer that was bundled brings classes of its own.

const MARK = Symbol.for('penstock.outcome');

/** The longest delay that is kept, in milliseconds: 49 days. */
export const MOST_DELAY_MS = 0xffff_ffff;

/** The base of what says an outcome; thrown from `consume()` or `consumeBatch()`. */
abstract class OutcomeError extends Error {
  /** What is to become of the message. */
  abstract readonly outcome: Outcome['kind'];
  /** @internal */
  readonly [MARK] = true;
}

/** Thrown to drop the message on purpose: it is settled, counted by this reason, and logged now and then. */
export class Drop extends OutcomeError {
  /** Always `Drop`. */
  override readonly name = 'Drop';
  /** Always `drop`. */
  readonly outcome = 'drop';

  /** @param reason Why, for people: shown in the log. */
  constructor(reason: string) {
    super(reason);
  }
}

/** Thrown to keep the message among the consumer's dead letters at once, however many attempts it has left. */
export class DeadLetter extends OutcomeError {
  /** Always `DeadLetter`. */
  override readonly name = 'DeadLetter';
  /** Always `dead-letter`. */
  readonly outcome = 'dead-letter';

  /**
   * @param reason Why, for people: kept with the message, and what `hub dlq --reason` looks for.
   * @param options.cause The error behind it, kept with its stack.
   */
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
  }
}

/** Thrown to have the message delivered again after a time of its own instead of the consumer's backoff. Counts as an attempt. */
export class RetryAfter extends OutcomeError {
  /** Always `RetryAfter`. */
  override readonly name = 'RetryAfter';
  /** Always `retry-after`. */
  readonly outcome = 'retry-after';
  /** In milliseconds. */
  readonly delayMs: number;

  /**
   * @param delayMs How long to wait, in milliseconds, from 0 to 4,294,967,295 (49 days).
   * @param options.cause The error behind it, shown in the log.
   * @throws RangeError for anything else: thrown in its place, it is a plain failure, and waits as one.
   */
  constructor(delayMs: number, options?: ErrorOptions) {
    super(`again in ${delayMs} ms`, options);
    if (!isDelay(delayMs)) {
      throw new RangeError(`RetryAfter takes milliseconds from 0 to ${MOST_DELAY_MS}, not ${String(delayMs)}`);
    }
    this.delayMs = delayMs;
  }
}

/**
 * Thrown to stop this consumer: its queue is kept and fills, and `/readyz` turns red. The message stays in the queue, and
 * no attempt is counted. `hub resume`, or the next start of the hub, lets it go on.
 */
export class Halt extends OutcomeError {
  /** Always `Halt`. */
  override readonly name = 'Halt';
  /** Always `halt`. */
  readonly outcome = 'halt';
  /** What `hub run` is to end with; undefined to keep the hub running. */
  readonly exitCode: number | undefined;

  /**
   * @param reason Why, for people: shown in the log, on `/readyz` and by `hub status`.
   * @param options.exitCode From 0 to 255: `hub run` stops in order, and ends with it.
   * @param options.cause The error behind it, shown in the log.
   * @throws RangeError for another exit code: thrown in its place, it is a plain failure.
   */
  constructor(reason: string, options: ErrorOptions & { readonly exitCode?: number } = {}) {
    super(reason, options);
    const { exitCode } = options;
    if (exitCode !== undefined && !isExitCode(exitCode)) {
      throw new RangeError(`Halt takes an exit code from 0 to 255, not ${String(exitCode)}`);
    }
    this.exitCode = exitCode;
  }
}

/** What is to become of a message. */
export type Outcome =
  | { readonly kind: 'drop'; readonly reason: string }
  | { readonly kind: 'dead-letter'; readonly reason: string; readonly cause: unknown }
  | { readonly kind: 'retry-after'; readonly delayMs: number; readonly cause: unknown }
  | { readonly kind: 'halt'; readonly reason: string; readonly exitCode: number | undefined; readonly cause: unknown };

/**
 * What was thrown as an outcome; undefined for anything else, which is a plain failure. Never throws, whatever it is given.
 */
export function outcomeOf(thrown: unknown): Outcome | undefined {
  try {
    if (typeof thrown !== 'object' || thrown === null || !(MARK in thrown)) return undefined;
    const said = thrown as unknown as Error & { outcome?: unknown; delayMs?: unknown; exitCode?: unknown };
    const reason = String(said.message);
    const { cause } = said;
    switch (said.outcome) {
      case 'drop':
        return { kind: 'drop', reason };
      case 'dead-letter':
        return { kind: 'dead-letter', reason, cause };
      case 'retry-after':
        // Of another copy of the class, an older one perhaps, nothing is sure.
        return isDelay(said.delayMs) ? { kind: 'retry-after', delayMs: Math.round(said.delayMs), cause } : undefined;
      case 'halt':
        return { kind: 'halt', reason, exitCode: isExitCode(said.exitCode) ? said.exitCode : undefined, cause };
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}

const isDelay = (delayMs: unknown): delayMs is number =>
  typeof delayMs === 'number' && delayMs >= 0 && delayMs <= MOST_DELAY_MS;

const isExitCode = (exitCode: unknown): exitCode is number =>
  Number.isInteger(exitCode) && (exitCode as number) >= 0 && (exitCode as number) <= 255;
