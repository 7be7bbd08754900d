// A consumer thread's log: lines with the consumer's name, written to standard error by the thread itself and limited
// in number, so that neither the main thread nor another consumer pays for a chatty one.
import type { Logger } from '../../consumer-context.js';
import {
  droppedRecord,
  formatJson,
  formatText,
  LOG_LEVELS,
  type LogFields,
  type LogFormat,
  type LogLevel,
  type LogRecord,
  type LogThreshold,
  messageText,
  plainFields,
} from '../../telemetry/log-line.js';
import { LogSink } from '../../telemetry/log-sink.js';
import { showsColours } from '../../telemetry/stderr.js';
import { TokenBucket } from '../../telemetry/token-bucket.js';

/** How long the thread waits for a full pipe before a line is dropped; not again until there is room. */
const MAX_WAIT_MS = 2;

/** How many seconds' worth of lines may come at once. */
const BURST_SECONDS = 2;

export interface ThreadLogOptions {
  /** The consumer's name; stands in every line. */
  readonly consumer: string;
  /** Which of the consumer's threads this is, from 0; stands in JSON lines. */
  readonly threadIndex: number;
  /** The least level that is written. */
  readonly level: LogThreshold;
  readonly format: LogFormat;
  /** The most lines a second; twice as many may come at once after a silence. */
  readonly linesPerSecond: number;
  /** Called when lines were dropped, with how many. */
  readonly onDropped: (lines: number) => void;
}

export class ThreadLog implements Logger {
  readonly #options: ThreadLogOptions;
  readonly #origin: { readonly pid: number; readonly consumer: string; readonly thread: number };
  readonly #bucket: TokenBucket;
  readonly #sink: LogSink;
  readonly #coloured = showsColours();
  readonly #unfinished: (() => void)[] = [];

  constructor(options: ThreadLogOptions) {
    const { consumer, threadIndex, format, linesPerSecond, onDropped } = options;
    this.#options = options;
    this.#origin = { pid: process.pid, consumer, thread: threadIndex };
    this.#bucket = new TokenBucket(linesPerSecond, BURST_SECONDS * linesPerSecond, performance.now());
    const why = `more than ${linesPerSecond} lines a second, or standard error was full`;
    this.#sink = new LogSink({
      format,
      maxWaitMs: MAX_WAIT_MS,
      report: (dropped) => this.#format(droppedRecord(dropped, why)),
      onDropped,
    });
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }

  /** Whether lines of this level are written at all. */
  enabled(level: LogLevel): boolean {
    return LOG_LEVELS[level] >= LOG_LEVELS[this.#options.level];
  }

  /** Whether the rate limit has room for a line; if not, one is counted as dropped before anybody formats it. */
  hasRoom(): boolean {
    if (this.#bucket.has(performance.now())) return true;
    this.#sink.drop(1);
    return false;
  }

  /** Writes one line of a program's own output, as it is behind the consumer's name. */
  printed(level: LogLevel, text: string): void {
    if (!this.enabled(level) || !this.#take()) return;
    const { consumer, format } = this.#options;
    if (format === 'text') this.#sink.write(`[${consumer}] ${text}`);
    else this.#sink.write(this.#format({ time: Date.now(), level, message: text, fields: {} }));
  }

  /** Has {@link flush} call `print`, which prints what has no end of a line yet. */
  onFlush(print: () => void): void {
    this.#unfinished.push(print);
  }

  /** Prints lines that were begun, and says what was dropped: before the thread is ended, for then it cannot. */
  flush(): void {
    for (const print of this.#unfinished) print();
    this.#sink.reportDropped();
  }

  #log(level: LogLevel, message: unknown, fields: unknown): void {
    if (!this.enabled(level) || !this.#take()) return;
    const record = { time: Date.now(), level, message: messageText(message), fields: plainFields(fields) };
    this.#sink.write(this.#format(record));
  }

  #take(): boolean {
    if (this.#bucket.take(performance.now())) return true;
    this.#sink.drop(1);
    return false;
  }

  #format(record: LogRecord): string {
    const { format, consumer } = this.#options;
    return format === 'text' ? formatText(record, consumer, this.#coloured) : formatJson(record, this.#origin);
  }
}
