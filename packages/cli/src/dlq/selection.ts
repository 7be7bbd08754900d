// Which dead letters a command means: those of some ids, all, or all that a reason and a time let through.
import type { LetterFilter } from '@penstock/hub/control';
import { InvalidArgumentError } from 'commander';
import type { RunningHubOptions } from '../command/options.js';
import { UsageError } from '../failure.js';

/** What the options of a command say. */
export interface SelectionOptions extends RunningHubOptions {
  readonly all?: boolean;
  /** Part of the kind of reason, the reason, or the error. */
  readonly reason?: string;
  /** In milliseconds since 1970. */
  readonly since?: number;
  readonly json?: boolean;
}

/** An `argParser` for ids, of which there can be any number. */
export function parseId(text: string, before: readonly number[] = []): number[] {
  const id = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(id)) return [...before, id];
  throw new InvalidArgumentError('An id is a whole number, as "hub dlq ls" shows it.');
}

/**
 * What is selected where nothing may be touched by mistake.
 *
 * @throws UsageError when it is not said, or said in two ways.
 */
export function selected(ids: readonly number[], { all, reason, since }: SelectionOptions): LetterFilter {
  const byFilter = all === true || reason !== undefined || since !== undefined;
  if (ids.length > 0 && byFilter) {
    throw new UsageError('give either ids, or --all, --reason and --since');
  }
  if (ids.length === 0 && !byFilter) {
    throw new UsageError('say which dead letters: give their ids, --reason, --since, or --all');
  }
  return ids.length > 0 ? { ids: new Set(ids) } : { reason, sinceMs: since };
}
