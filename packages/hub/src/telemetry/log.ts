// The main thread's log: pino's levels and JSON, or the same as text, written to standard error at once. A full or
// closed pipe costs lines, which are counted, and never stops the hub.
import { type Logger as Pino, pino } from 'pino';
import type { Logger } from '../consumer-context.js';
import {
  droppedRecord,
  formatJson,
  formatText,
  LOG_LEVELS,
  type LogFields,
  type LogFormat,
  type LogLevel,
  type LogThreshold,
  messageText,
  plainFields,
} from './log-line.js';
import { LogSink } from './log-sink.js';
import { showsColours } from './stderr.js';

/** How long the main thread waits for a full pipe before the line is dropped; not again until there is room. */
const MAX_WAIT_MS = 5;

export interface LogOptions {
  /** The least level that is written. */
  readonly level: LogThreshold;
  /** `text`: lines for people, coloured on a terminal; `json`: pino's lines. */
  readonly format: LogFormat;
  /** Names the hub in JSON lines. */
  readonly name?: string;
}

/** A {@link Logger} that knows what it lost, and from which {@link componentLog} derives. */
export interface HubLog extends Logger {
  /** Lines that a full or closed standard error cost so far, those of its components included. */
  readonly linesDropped: number;
}

/** Makes the log of a hub. It holds no handle and needs no closing. */
export function createLog({ level, format, name }: LogOptions): HubLog {
  const origin = { pid: process.pid, ...(name === undefined ? {} : { name }) };
  const coloured = showsColours();
  const toText = (json: string): string => textOf(json, coloured);
  const sink = new LogSink({
    format,
    maxWaitMs: MAX_WAIT_MS,
    report(dropped) {
      const json = formatJson(droppedRecord(dropped, 'standard error was full or closed'), origin);
      return format === 'text' ? toText(json) : json;
    },
  });
  const write = (line: string): void => sink.write(format === 'text' ? toText(line) : line.trimEnd());
  // Errors come as plainFields() has made them; pino's own serializer would take them for errors once more.
  const serializers = { err: (error: unknown) => error };
  return new PinoLog(pino({ level, base: origin, serializers }, { write }), sink);
}

/**
 * The same log with every line marked as one component's, such as `[zeromq]`.
 *
 * @param log What {@link createLog} made.
 */
export function componentLog(log: HubLog, component: string): HubLog {
  if (!(log instanceof PinoLog)) throw new TypeError('componentLog() takes a log made by createLog()');
  return log.child(component);
}

class PinoLog implements HubLog {
  readonly #pino: Pino;
  readonly #sink: LogSink;

  constructor(pino: Pino, sink: LogSink) {
    this.#pino = pino;
    this.#sink = sink;
  }

  get linesDropped(): number {
    return this.#sink.linesDropped;
  }

  child(component: string): PinoLog {
    return new PinoLog(this.#pino.child({ component }), this.#sink);
  }

  debug(message: string, fields?: LogFields): void {
    this.#pino.debug(plainFields(fields), messageText(message));
  }

  info(message: string, fields?: LogFields): void {
    this.#pino.info(plainFields(fields), messageText(message));
  }

  warn(message: string, fields?: LogFields): void {
    this.#pino.warn(plainFields(fields), messageText(message));
  }

  error(message: string, fields?: LogFields): void {
    this.#pino.error(plainFields(fields), messageText(message));
  }
}

interface PinoLine extends LogFields {
  readonly level: number;
  readonly time: number;
  readonly msg: string;
  readonly component?: string;
}

function textOf(json: string, coloured: boolean): string {
  const { level: number, time, pid: _pid, name: _name, component, msg, ...fields } = JSON.parse(json) as PinoLine;
  const level = LEVEL_OF_NUMBER.get(number) ?? 'info';
  return formatText({ time, level, message: msg, fields }, component, coloured);
}

const LEVEL_OF_NUMBER: ReadonlyMap<number, LogLevel> = new Map(
  (['debug', 'info', 'warn', 'error'] as const).map((level) => [LOG_LEVELS[level], level]),
);
