// What a log line looks like, in the main thread and in every consumer's thread alike: text for people, or JSON in
// pino's shape. A function of its own, because pino and pino-pretty take 90 ms and 3.5 MB in each thread
// (docs/decisions/0011-thread-logs.md).
import { inspect } from 'node:util';

export type LogFormat = 'text' | 'json';

/** pino's numbers for the levels. */
export const LOG_LEVELS = { debug: 20, info: 30, warn: 40, error: 50, silent: Number.POSITIVE_INFINITY } as const;

/** The least level that is written. */
export type LogThreshold = keyof typeof LOG_LEVELS;

export type LogLevel = Exclude<LogThreshold, 'silent'>;

export type LogFields = Readonly<Record<string, unknown>>;

/** What a JSON line says beside level, time, fields and message, such as `{ pid, consumer }`. */
export type LogOrigin = Readonly<Record<string, string | number>>;

export interface LogRecord {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

const COLOURS: Readonly<Record<LogLevel, string>> = {
  debug: '\x1b[90m',
  info: '\x1b[32m',
  warn: '\x1b[33m',
  error: '\x1b[31m',
};
const DEFAULT_COLOUR = '\x1b[39m';

/**
 * `2026-01-31T12:00:00.000Z info  [scope] message key=value`: always one line, without its end.
 *
 * @param scope Where it comes from: a component of the hub, or a consumer.
 */
export function formatText(record: LogRecord, scope: string | undefined, coloured = false): string {
  const level = record.level.padEnd(5);
  let line = `${new Date(record.time).toISOString()} ${coloured ? COLOURS[record.level] + level + DEFAULT_COLOUR : level} `;
  if (scope !== undefined) line += `[${scope}] `;
  line += oneLine(record.message);
  for (const [key, value] of Object.entries(record.fields)) line += ` ${oneLine(key)}=${showField(value)}`;
  return line;
}

/** One JSON object as pino writes it, without the line's end. Fields named like a fixed one give way to it. */
export function formatJson(record: LogRecord, origin: LogOrigin): string {
  const fixed = { level: LOG_LEVELS[record.level], time: record.time, ...origin };
  const json = (fields: LogFields) => JSON.stringify({ ...fixed, ...fields, ...fixed, msg: record.message });
  try {
    return json(record.fields);
  } catch {
    // A cycle, a BigInt or a toJSON() that throws.
    return json(Object.fromEntries(Object.entries(record.fields).map(([key, value]) => [key, showField(value)])));
  }
}

/** A JSON line that is too long, without its fields and with the start of its message: still a JSON line. */
export function shortenJson(line: string): string {
  const { level, time, pid, name, component, consumer, thread, msg } = JSON.parse(line) as Record<string, unknown>;
  const start = String(msg).slice(0, 2_000);
  const cutFromBytes = Buffer.byteLength(line);
  return JSON.stringify({ level, time, pid, name, component, consumer, thread, msg: start, cutFromBytes });
}

/** What is logged when lines could not be, once there is room again. */
export function droppedRecord(dropped: number, why: string): LogRecord {
  return { time: Date.now(), level: 'warn', message: `${dropped} log lines dropped: ${why}`, fields: {} };
}

/** Makes text of what was given as a message, which a caller in plain JavaScript may have got wrong. */
export function messageText(message: unknown): string {
  return typeof message === 'string' ? message : show(message);
}

/**
 * Makes fields plain: an Error, of which JSON would keep nothing, becomes type, message, code and stack, as pino
 * has it; what is no object at all goes under `value`. Never throws.
 */
export function plainFields(fields: unknown): LogFields {
  if (fields === undefined) return {};
  if (typeof fields !== 'object' || fields === null) return { value: fields };
  try {
    if (fields instanceof Error) return { err: plainError(fields) };
    return Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? plainError(value) : value]),
    );
  } catch {
    return { value: show(fields) };
  }
}

interface PlainError {
  readonly type: string;
  readonly message: string;
  readonly code?: unknown;
  readonly stack: string;
}

function plainError(error: Error): PlainError {
  const { name, message, stack = `${name}: ${message}`, code } = error as Error & { code?: unknown };
  return { type: name, message, ...(code === undefined ? {} : { code }), stack };
}

const isPlainError = (value: unknown): value is PlainError =>
  typeof value === 'object' && value !== null && 'stack' in value && typeof value.stack === 'string';

/** Text that needs no quotes: no space, quote, "=" or control character in it. */
const BARE = /^[^\s"=\p{Cc}]+$/u;

function showField(value: unknown): string {
  if (typeof value === 'string') return BARE.test(value) ? value : oneLine(JSON.stringify(value));
  return oneLine(show(value));
}

/** Any value as text of bounded depth; never throws. */
function show(value: unknown): string {
  try {
    if (isPlainError(value)) return JSON.stringify(value.stack);
    return inspect(value, { compact: true, breakLength: Number.POSITIVE_INFINITY, depth: 4, maxStringLength: 1_000 });
  } catch {
    return '(a value that cannot be shown)';
  }
}

const BREAKS_LINES = /[\p{Cc}\u2028\u2029]/gu;

/** Keeps a record on its line, and text that came over a bus from steering the terminal. */
function oneLine(text: string): string {
  return text.replace(BREAKS_LINES, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
