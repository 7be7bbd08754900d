// What became of a queue's entries, in a few naive lines, beside the settle logs that are told of it.
import fc from 'fast-check';
import type { Files } from '../files/files.js';
import { type Interval, IntervalSet } from '../queue/interval-set.js';
import type { SettleLog } from './settle-log.js';
import { type OutcomeKind, type PendingRetry, SettleKind, SettleReason, type Tally } from './settle-record.js';
import { readSettledState } from './settled-state.js';

const OUTCOMES: readonly (readonly [OutcomeKind, SettleReason])[] = [
  [SettleKind.ACKNOWLEDGED, SettleReason.NONE],
  [SettleKind.DAMAGED, SettleReason.NONE],
  [SettleKind.DROPPED, SettleReason.CONSUMER],
  [SettleKind.DROPPED, SettleReason.QUEUE_FULL],
  [SettleKind.DEAD, SettleReason.CONSUMER],
  [SettleKind.DEAD, SettleReason.ATTEMPTS],
];

/** A delivery's end: who has seen it, and what became of the entry; undefined for one that failed. */
export interface Ending {
  readonly log: number;
  readonly ordinal: number;
  readonly outcome: readonly [OutcomeKind, SettleReason] | undefined;
}

export const anyEnding = (logs: number): fc.Arbitrary<Ending> =>
  fc.record({
    log: fc.nat({ max: logs - 1 }),
    ordinal: fc.nat({ max: 40 }),
    outcome: fc.option(fc.constantFrom(...OUTCOMES), { nil: undefined, freq: 2 }),
  });

/** What all logs of a queue say together. */
export interface Said {
  readonly settled: readonly number[];
  readonly retries: readonly PendingRetry[];
  readonly tallies: readonly Tally[];
}

export function said(files: Files, directory: string, queueNumber: number): Said {
  const { settled, retries, tallies } = readSettledState(files, directory, queueNumber);
  return {
    settled: [...settled].flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at)),
    retries,
    tallies,
  };
}

export const bytesOf = (ordinal: number): number => 100 + ordinal;

export class NaiveSettling {
  readonly #outcomes = new Map<number, readonly [OutcomeKind, SettleReason]>();
  readonly #retries = new Map<number, PendingRetry & { readonly log: number }>();

  /** Notes how a delivery has ended, here and in the log; an entry that is settled is not delivered again. */
  take({ log: index, ordinal, outcome }: Ending, log: SettleLog): void {
    if (this.#outcomes.has(ordinal)) return;
    if (outcome === undefined) {
      const { attempt = 0, firstAt = 1_000 + ordinal } = this.#retries.get(ordinal) ?? {};
      const retry = {
        ordinal,
        attempt: attempt + 1,
        crashes: 0,
        delayMs: 7 * attempt,
        failedAt: 2_000 + attempt,
        firstAt,
      };
      this.#retries.set(ordinal, { ...retry, log: index });
      log.retry(retry);
    } else {
      this.#outcomes.set(ordinal, outcome);
      log.add(outcome[0], ordinal, bytesOf(ordinal), outcome[1]);
    }
  }

  /** As a thread knows it that is to rewrite its log. */
  get settled(): Interval[] {
    return [...IntervalSet.of([...this.#outcomes.keys()].map((ordinal) => ({ from: ordinal, to: ordinal + 1 })))];
  }

  /** Entries not settled that failed last in one of the logs, or in any. */
  retriesIn(log?: number): PendingRetry[] {
    return [...this.#retries.values()]
      .filter((retry) => !this.#outcomes.has(retry.ordinal) && (log === undefined || retry.log === log))
      .sort((a, b) => a.ordinal - b.ordinal)
      .map(({ log: _, ...retry }) => retry);
  }

  /** What the logs have to say. */
  get said(): Said {
    const settled = [...this.#outcomes.keys()].sort((a, b) => a - b);
    const tallies = OUTCOMES.map(([outcome, reason]) => {
      const ordinals = settled.filter((ordinal) => this.#outcomes.get(ordinal)?.join() === [outcome, reason].join());
      const bytes = ordinals.reduce((sum, ordinal) => sum + bytesOf(ordinal), 0);
      return { outcome, reason, count: ordinals.length, bytes };
    });
    return { settled, retries: this.retriesIn(), tallies: tallies.filter(({ count }) => count > 0) };
  }
}
