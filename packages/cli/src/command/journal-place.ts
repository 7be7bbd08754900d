// Places in the journal as they stand on a command line, behind --from and --to: a position, a time, or an end of it.
import { InvalidArgumentError } from 'commander';

export type Place =
  | { readonly kind: 'position'; readonly position: number }
  /** In milliseconds since 1970. */
  | { readonly kind: 'time'; readonly timeMs: number };

/** Where to begin: at a place, or at the oldest message that is there. */
export type From = Place | { readonly kind: 'earliest' };

/** Where to end: at a place, or at what is committed now. */
export type To = Place | { readonly kind: 'now' };

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const AGO = /^(\d+(\.\d+)?(ms|s|m|h|d))+$/;
const AGO_PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** A date, and a time of day unless it is the day's beginning that is meant; without a zone, the local one. */
const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;
const DATE_ONLY = /^\d{4}-\d\d-\d\d$/;
const DATE_LENGTH = 10;

/**
 * Reads what stands behind `--from`.
 *
 * @param nowMs What `10m` is counted back from.
 */
export function parseFrom(text: string, nowMs: number = Date.now()): From {
  return text === 'earliest' ? { kind: 'earliest' } : parsePlace(text, 'earliest', nowMs);
}

/**
 * Reads what stands behind `--to`.
 *
 * @param nowMs What `10m` is counted back from.
 */
export function parseTo(text: string, nowMs: number = Date.now()): To {
  return text === 'now' ? { kind: 'now' } : parsePlace(text, 'now', nowMs);
}

/** @param end What can be given beside a place. */
function parsePlace(text: string, end: string, nowMs: number): Place {
  if (/^\d+$/.test(text)) {
    const position = Number(text);
    if (Number.isSafeInteger(position)) return { kind: 'position', position };
  } else {
    const timeMs = timeOf(text, nowMs);
    if (!Number.isNaN(timeMs)) return { kind: 'time', timeMs };
  }
  throw new InvalidArgumentError(`Give a position, a time such as 2026-01-31T12:00 or 10m (ago), or ${end}.`);
}

/**
 * Reads a time alone, such as stands behind `--since`, in milliseconds since 1970.
 *
 * @param nowMs What `10m` is counted back from.
 */
export function parseTime(text: string, nowMs: number = Date.now()): number {
  const timeMs = timeOf(text, nowMs);
  if (!Number.isNaN(timeMs)) return timeMs;
  throw new InvalidArgumentError('Give a time such as 2026-01-31T12:00 or 10m (ago).');
}

/** NaN for what is no time. */
function timeOf(text: string, nowMs: number): number {
  const timeMs = AGO.test(text) ? nowMs - duration(text) : ISO.test(text) ? isoTime(text) : Number.NaN;
  if (timeMs > nowMs) throw new InvalidArgumentError(`${text} is in the future.`);
  return timeMs;
}

function duration(text: string): number {
  let sum = 0;
  for (const [, count, unit = ''] of text.matchAll(AGO_PART)) sum += Number(count) * (UNIT_MS[unit] ?? 0);
  return sum;
}

/** JavaScript takes a date alone for one in UTC, and everything else for local time. */
const isoTime = (text: string): number =>
  isDate(text.slice(0, DATE_LENGTH))
    ? Date.parse(DATE_ONLY.test(text) ? `${text}T00:00` : text.replace(' ', 'T'))
    : Number.NaN;

/** JavaScript takes February 30 for March 2. */
function isDate(text: string): boolean {
  const date = new Date(`${text}T00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
