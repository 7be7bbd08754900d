// Shows on standard error that something takes its time: from the second second on, a line that is redrawn on a
// terminal, or a plain line now and then where it is piped. What takes less than a second shows nothing.
import { formatCount, formatDuration, formatRate } from '../table/format.js';
import { lookOf, type OutputStream } from '../table/look.js';
import { cut } from '../table/text.js';

/** What is shorter than this shows nothing. */
const SHOW_AFTER_MS = 1_000;

/** Between two lines, on a terminal and into a pipe. */
const REDRAW_EVERY_MS = 200;
const APPEND_EVERY_MS = 5_000;

const CLEAR_LINE = '\r\x1b[K';

export interface ProgressOptions {
  /** How much there is to do; undefined where nobody knows. */
  readonly total?: number | undefined;
  /** What the line says after so many seconds; by default `what`, the count and the rate. */
  readonly line?: ((seconds: number) => string) | undefined;
  /** What it waits for at the moment, asked for when a line is drawn. */
  readonly waitsFor?: (() => string | undefined) | undefined;
  /** Where it is shown; standard error by default. */
  readonly stream?: OutputStream & { write(text: string): unknown };
}

/** Something under way. */
export interface Progress {
  /** Says how much is done by now. Costs nothing: what is shown is drawn by a timer. */
  update(done: number): void;
  /** Ends it and takes its line off a terminal. Calling it again does nothing. */
  end(): void;
}

/**
 * Begins to show progress. Its timer does not keep the process alive.
 *
 * @param what What is under way, with what is counted: `messages published`, `loading the consumers`.
 */
export function startProgress(what: string, options: ProgressOptions = {}): Progress {
  const { total, line: lineOf, waitsFor, stream = process.stderr } = options;
  const onTerminal = stream.isTTY === true;
  const startedAt = performance.now();
  let done: number | undefined;
  const show = () => {
    const seconds = (performance.now() - startedAt) / 1_000;
    const standing = lineOf?.(seconds) ?? progressLine(what, { done, total, seconds });
    const waiting = waitsFor?.();
    const line = waiting === undefined ? standing : `${standing}; waits: ${waiting}`;
    stream.write(onTerminal ? `${CLEAR_LINE}${cut(line, lookOf(stream).width - 1)}` : `hub: ${line}\n`);
  };
  let shown = false;
  const first = () => {
    shown = true;
    show();
    timer = setInterval(show, onTerminal ? REDRAW_EVERY_MS : APPEND_EVERY_MS).unref();
  };
  let timer: NodeJS.Timeout = setTimeout(first, SHOW_AFTER_MS).unref();
  return {
    update(now) {
      done = now;
    },
    end() {
      clearTimeout(timer);
      if (shown && onTerminal) stream.write(CLEAR_LINE);
      shown = false;
    },
  };
}

/** Shows progress while `work` is under way, whatever becomes of it. */
export async function withProgress<Result>(
  what: string,
  work: (progress: Progress) => Promise<Result>,
  options?: ProgressOptions,
): Promise<Result> {
  const progress = startProgress(what, options);
  try {
    return await work(progress);
  } finally {
    progress.end();
  }
}

interface Standing {
  readonly done: number | undefined;
  readonly total: number | undefined;
  readonly seconds: number;
}

/** `1,200 of 5,000 messages published (24%), 600/s, 6.3 s left`; `loading the consumers, 2.0 s` */
export function progressLine(what: string, { done, total, seconds }: Standing): string {
  if (done === undefined) return `${what}, ${formatDuration(seconds)}`;
  const perSecond = done / seconds;
  const rate = `${formatRate(perSecond)}/s`;
  if (total === undefined) return `${formatCount(done)} ${what}, ${rate}, ${formatDuration(seconds)}`;
  const percent = Math.floor((done / total) * 100);
  const left = done === 0 ? '' : `, ${formatDuration((total - done) / perSecond)} left`;
  return `${formatCount(done)} of ${formatCount(total)} ${what} (${percent}%), ${rate}${left}`;
}
