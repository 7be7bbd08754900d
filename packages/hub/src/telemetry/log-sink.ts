// Where finished log lines go: standard error, with a count of those that did not get there, and a line that says so
// once there is room again.
import { StderrWriter, type StderrWriterOptions } from './stderr.js';

/** A flood is reported once in so many milliseconds, not between any two of its lines. */
const REPORT_INTERVAL_MS = 1_000;

export interface LogSinkOptions extends StderrWriterOptions {
  /** Makes the line that says how many were dropped. */
  readonly report: (dropped: number) => string;
  /** Told of each drop, with how many lines it was. */
  readonly onDropped?: (lines: number) => void;
}

export class LogSink {
  readonly #writer: StderrWriter;
  readonly #report: LogSinkOptions['report'];
  readonly #onDropped: LogSinkOptions['onDropped'];
  #linesDropped = 0;
  #unreported = 0;
  #reportDueMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LogSinkOptions) {
    this.#writer = new StderrWriter(options);
    this.#report = options.report;
    this.#onDropped = options.onDropped;
  }

  /** Lines dropped so far. */
  get linesDropped(): number {
    return this.#linesDropped;
  }

  /** Writes a line, or counts it as dropped. */
  write(line: string): void {
    if (this.#unreported > 0 && performance.now() >= this.#reportDueMs) this.reportDropped();
    if (!this.#writer.write(line)) this.drop(1);
  }

  /** Counts lines as dropped: those that the caller keeps back, too. */
  drop(lines: number): void {
    this.#linesDropped += lines;
    if (this.#unreported === 0) this.#reportDueMs = performance.now() + REPORT_INTERVAL_MS;
    this.#unreported += lines;
    // The timer is for a thread that falls silent after its flood; it keeps no thread alive.
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.reportDropped();
    }, REPORT_INTERVAL_MS).unref();
    this.#onDropped?.(lines);
  }

  /** Says how many lines were dropped since it was last said, if any and if there is room. */
  reportDropped(): void {
    if (this.#unreported > 0 && this.#writer.write(this.#report(this.#unreported))) this.#unreported = 0;
  }
}
