// What becomes of an entry when its delivery has ended: acknowledged, to be delivered again, dropped, kept as a dead
// letter, or left where it is because its consumer halts or the hub stops.
import type { RetryPolicy } from '../../consumer.js';
import { PenstockError, toErrorData } from '../../errors.js';
import type { Message } from '../../message.js';
import { MOST_DELAY_MS, type Outcome, outcomeOf } from '../../outcomes.js';
import { type QueueShared, ThreadShared } from '../../queue/shared.js';
import { type OutcomeKind, SettleKind, SettleReason } from '../../settlement/settle-record.js';
import { backoffMs } from './backoff.js';
import type { Claims } from './claims.js';
import type { ThreadContext } from './delivery-context.js';
import { failureFields } from './failure-fields.js';
import { FailureLog } from './failure-log.js';
import type { InFlight } from './in-flight.js';
import type { KeyGate } from './key-gate.js';
import { SampledLog } from './sampled-log.js';
import type { Settlements } from './settlements.js';
import type { Supply } from './supply.js';
import { type Entry, IN_LINE, type Waiting } from './waiting.js';

/** The wait after a commit that failed: the hub is stopping, or about to. */
const UNCOMMITTED_AGAIN_MS = 1_000;

/** Of messages that their consumer drops, in the log. */
const DROP_LINES = { atOnce: 5, perSecond: 0.2 };

type HaltOutcome = Extract<Outcome, { readonly kind: 'halt' }>;

export interface EndingsParts {
  readonly retry: RetryPolicy;
  readonly context: ThreadContext;
  readonly queue: QueueShared;
  readonly thread: ThreadShared;
  readonly claims: Claims;
  readonly supply: Supply;
  readonly settlements: Settlements;
  readonly waiting: Waiting;
  readonly gate: KeyGate | undefined;
  readonly inFlight: InFlight;
  /** Called when the consumer asks to be stopped; by then its queue is paused. */
  readonly halted: (reason: string, exitCode: number | undefined) => void;
  /** Called when an entry that was under way is so no more, by a turn of its own. */
  readonly changed: () => void;
}

/** What failed of a delivery. */
export interface Failure {
  readonly entry: Entry;
  readonly message: Message;
  readonly error: unknown;
  /** When the delivery began, in milliseconds since 1970. */
  readonly beganAt: number;
  /** For the wait before the next delivery; the same for what is to come back together. */
  readonly wait?: { readonly fromMs: number; readonly random: number } | undefined;
  /** Overrides what follows from `error`. */
  readonly outcome?: Outcome | undefined;
}

export class Endings {
  readonly #parts: EndingsParts;
  readonly #dropLog: SampledLog;
  readonly #failureLog: FailureLog;

  constructor(parts: EndingsParts) {
    this.#parts = parts;
    this.#dropLog = new SampledLog(parts.context.log, DROP_LINES);
    this.#failureLog = new FailureLog(parts.context.log);
  }

  /**
   * Acknowledges an entry.
   *
   * @param uncommitted What its delivery has published: it settles after that is committed.
   * @returns A promise when it settles later.
   */
  acknowledged(entry: Entry, uncommitted: Promise<unknown> | undefined): Promise<void> | undefined {
    if (uncommitted !== undefined) return this.#onceCommitted(entry, uncommitted, () => this.#acknowledge(entry));
    this.#parts.inFlight.end(entry);
    this.#acknowledge(entry);
    return undefined;
  }

  /**
   * A delivery has failed, or has said what is to become of its message.
   *
   * @param uncommitted As for {@link acknowledged}. What is to be delivered again publishes it again.
   * @returns A promise when it settles later.
   */
  failed(failure: Failure, uncommitted: Promise<unknown> | undefined): Promise<void> | undefined {
    const { entry } = failure;
    const outcome = failure.outcome ?? outcomeOf(failure.error);
    if (entry.firstAt === 0) entry.firstAt = failure.beganAt;
    if (uncommitted !== undefined && this.#isOver(entry, outcome)) {
      return this.#onceCommitted(entry, uncommitted, () => this.#end(failure, outcome));
    }
    this.#parts.inFlight.end(entry);
    this.#end(failure, outcome);
    return undefined;
  }

  /** The consumer asks to be stopped: all that its delivery held stays in the queue, with no attempt counted. */
  halted(entries: readonly Entry[], { reason, exitCode, cause }: HaltOutcome): void {
    const { queue, context, inFlight, halted } = this.#parts;
    // At once, for all threads of the consumer; the main thread is told why.
    queue.paused = true;
    context.log.error(`halted: ${reason}`, cause === undefined ? {} : failureFields(cause));
    const now = performance.now();
    for (const entry of entries) {
      inFlight.leave(entry);
      this.#wait(entry, 0, now);
    }
    halted(reason, exitCode);
  }

  /** An entry's deliveries have ended its thread, or the hub, too often: it is not delivered again. */
  crashed(entry: Entry, message: Message): void {
    const times = `${entry.crashes} ${entry.crashes === 1 ? 'delivery' : 'deliveries'}`;
    const error = new PenstockError('CONSUMER_CRASHED', `${times} of it ended the thread that made them`);
    this.#bury({ entry, message, error, beganAt: Date.now() }, SettleReason.CRASHES, `crashed ${entry.crashes} times`);
  }

  /** Whether an entry is not to be delivered again after a failure. */
  #isOver({ failures }: Entry, outcome: Outcome | undefined): boolean {
    if (outcome?.kind === 'drop' || outcome?.kind === 'dead-letter') return true;
    return outcome?.kind !== 'halt' && failures + 1 >= this.#parts.retry.maxAttempts;
  }

  /** Ends a delivery after what it has published is committed; if that fails it is made again, through no fault of its own. */
  #onceCommitted(entry: Entry, uncommitted: Promise<unknown>, end: () => void): Promise<void> {
    const { supply, context, inFlight, changed } = this.#parts;
    // While it waits for that it ends nothing any more.
    inFlight.leave(entry);
    supply.detach(entry);
    return uncommitted.then(
      () => {
        end();
        changed();
      },
      (error: unknown) => {
        context.log.error('what consume() published was not committed', failureFields(error));
        this.#wait(entry, UNCOMMITTED_AGAIN_MS);
        changed();
      },
    );
  }

  #acknowledge(entry: Entry): void {
    this.#settle(entry);
    this.#parts.gate?.leave(entry);
  }

  #end(failure: Failure, outcome: Outcome | undefined): void {
    const { entry, error } = failure;
    switch (outcome?.kind) {
      case 'drop':
        this.#drop(entry, failure.message, outcome.reason);
        break;
      case 'dead-letter':
        this.#bury({ ...failure, error: outcome.cause ?? error }, SettleReason.CONSUMER, outcome.reason);
        break;
      case 'halt':
        this.halted([entry], outcome);
        break;
      default:
        this.#again(failure, outcome?.delayMs, outcome === undefined ? error : (outcome.cause ?? error));
    }
  }

  /** An entry whose delivery was ended by the hub's stop: it stays in the queue as it was. */
  left(entry: Entry): void {
    this.#parts.inFlight.leave(entry);
    this.#parts.supply.detach(entry);
  }

  countTimeout(): void {
    const { numbers } = this.#parts.thread;
    numbers[ThreadShared.TIMEOUTS] = (numbers[ThreadShared.TIMEOUTS] as number) + 1;
  }

  #again(failure: Failure, delayMs: number | undefined, error: unknown): void {
    const { retry, thread, settlements } = this.#parts;
    const { entry, message } = failure;
    thread.numbers[ThreadShared.FAILURES] = (thread.numbers[ThreadShared.FAILURES] as number) + 1;
    entry.failures++;
    if (entry.failures >= retry.maxAttempts) {
      this.#bury({ ...failure, error }, SettleReason.ATTEMPTS, `failed ${entry.failures} times: ${textOf(error)}`);
      return;
    }
    const waitMs = Math.min(delayMs ?? backoffMs(retry.backoff, entry.failures, failure.wait?.random), MOST_DELAY_MS);
    this.#failureLog.failed(
      error,
      () =>
        `consume() failed on "${message.topic}" at position ${message.position}, attempt ${entry.failures} of ${retry.maxAttempts}; again in ${waitMs} ms`,
    );
    const { ordinal, failures: attempt, crashes, firstAt } = entry;
    settlements.retry({ ordinal, attempt, crashes, delayMs: waitMs, failedAt: Date.now(), firstAt });
    this.#wait(entry, waitMs, failure.wait?.fromMs);
  }

  #drop(entry: Entry, message: Message, reason: string): void {
    this.#dropLog.warn(() => `dropped "${message.topic}" at position ${message.position}: ${reason}`);
    this.#settle(entry, SettleKind.DROPPED, SettleReason.CONSUMER);
    this.#parts.gate?.leave(entry);
  }

  /** Keeps the message as a dead letter; while that cannot be written, it stays in the queue and is tried again. */
  #bury({ entry, message, error, beganAt }: Failure, reason: SettleReason, text: string): void {
    const { context, supply, settlements, claims, gate, retry, inFlight, changed } = this.#parts;
    supply.detach(entry);
    // Read anew: consume() may have changed the bytes that it was given.
    const problem = supply.readAnew(entry);
    if (problem !== undefined) {
      context.log.error(`entry ${entry.ordinal} cannot be kept as a dead letter: ${problem}`, { code: 'DATA_DAMAGED' });
      this.#settle(entry, SettleKind.DAMAGED);
      gate?.leave(entry);
      return;
    }
    const { slab, at, length } = supply.source;
    const letter = {
      ordinal: entry.ordinal,
      record: slab.bytes.subarray(at, at + length),
      reason,
      text,
      error: toErrorData(error),
      attempts:
        entry.failures +
        (reason === SettleReason.CRASHES ? entry.crashes : 0) +
        (reason === SettleReason.CONSUMER ? 1 : 0),
      firstAt: entry.firstAt || beganAt,
      lastAt: Date.now(),
    };
    const described = `"${message.topic}" at position ${message.position}`;
    settlements.dead(letter, entry.length, (failure) => {
      if (failure === undefined) {
        // What ended its last attempt says why; what its consumer said is the reason itself.
        const why = reason === SettleReason.ATTEMPTS ? `failed ${entry.failures} times` : text;
        context.log.error(`${described} is a dead letter (${entry.ordinal}): ${why}`, failureFields(error));
        claims.settle(entry.slot);
        gate?.leave(entry);
      } else {
        const waitMs = retry.backoff.maxMs;
        context.log.error(
          `the dead letter of ${described} cannot be written; delivered again in ${waitMs} ms`,
          failureFields(failure),
        );
        // Not its own fault: of its attempts, the last one is left.
        entry.failures = Math.min(entry.failures, retry.maxAttempts - 1);
        inFlight.leave(entry);
        this.#wait(entry, waitMs);
      }
      changed();
    });
  }

  #wait(entry: Entry, waitMs: number, fromMs = performance.now()): void {
    const { supply, waiting } = this.#parts;
    supply.detach(entry);
    entry.dueMs = fromMs + waitMs;
    waiting.add(entry);
  }

  #settle(entry: Entry, kind?: OutcomeKind, reason?: SettleReason): void {
    const { settlements, claims } = this.#parts;
    settlements.add(entry.ordinal, entry.length, kind, reason);
    if (entry.slot === IN_LINE) claims.advance();
    else claims.settle(entry.slot);
  }
}

function textOf(error: unknown): string {
  const { name, message } = toErrorData(error);
  return `${name}: ${message}`;
}
