// Writes lines to standard error from whichever thread calls, synchronously, and never blocks for long: a pipe that
// nobody reads, or a terminal that is stopped, costs a line and a few milliseconds, not the thread.
import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { isMainThread } from 'node:worker_threads';
import { type LogFormat, shortenJson } from './log-line.js';

/** The longest line, in bytes of UTF-8; what is longer is cut, and says so. */
export const MAX_LINE_BYTES = 16 * 1024;

/** Room for the mark of a cut, and for line ends before and after. */
const MARK_BYTES = 64;

const STDERR = 2;
const FIRST_PAUSE_MS = 0.1;

export interface StderrWriterOptions {
  /** How a line that is too long is cut: JSON stays JSON. */
  readonly format: LogFormat;
  /** How long a full pipe is waited for, in milliseconds; only once until it has room again. */
  readonly maxWaitMs: number;
}

/** Lines out of one thread. They are bounded, and whole except where a reader stops in the middle of one. */
export class StderrWriter {
  readonly #format: LogFormat;
  readonly #maxWaitMs: number;
  readonly #buffer = Buffer.allocUnsafeSlow(MAX_LINE_BYTES + MARK_BYTES);
  readonly #encoder = new TextEncoder();
  readonly #pause = new Int32Array(new SharedArrayBuffer(4));
  /** The last line was lost to a full pipe: no use in waiting again. */
  #full = false;
  /** The last line was written in part, so the next one starts with the end of a line. */
  #torn = false;

  constructor({ format, maxWaitMs }: StderrWriterOptions) {
    this.#format = format;
    this.#maxWaitMs = maxWaitMs;
  }

  /**
   * Writes one line.
   *
   * @param line Without its end.
   * @returns Whether all of it was written; if not, it is lost.
   */
  write(line: string): boolean {
    const length = this.#encode(line);
    let written = 0;
    let waitedMs = this.#full ? this.#maxWaitMs : 0;
    let pauseMs = FIRST_PAUSE_MS;
    while (written < length) {
      try {
        written += writeSync(stderrFd(), this.#buffer, written, length - written);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EINTR') continue;
        if (code !== 'EAGAIN' || waitedMs >= this.#maxWaitMs) {
          this.#full = true;
          this.#torn ||= written > 0;
          return false;
        }
        Atomics.wait(this.#pause, 0, 0, pauseMs);
        waitedMs += pauseMs;
        pauseMs = Math.min(pauseMs * 2, this.#maxWaitMs - waitedMs);
      }
    }
    this.#full = false;
    this.#torn = false;
    return true;
  }

  /** Puts the line into the buffer, cut where it must be, and returns how many bytes it takes there. */
  #encode(line: string): number {
    const start = this.#torn ? this.#buffer.write('\n') : 0;
    const room = this.#buffer.subarray(start, start + MAX_LINE_BYTES);
    let { read, written } = this.#encoder.encodeInto(line, room);
    if (read < line.length) {
      if (this.#format === 'json') ({ written } = this.#encoder.encodeInto(shortenJson(line), room));
      else written += this.#buffer.write(` … (cut from ${Buffer.byteLength(line)} bytes)`, start + written);
    }
    return start + written + this.#buffer.write('\n', start + written);
  }
}

/** Whether text is to be coloured: on a terminal, unless the user wants none (https://no-color.org). */
export const showsColours = (): boolean => isatty(STDERR) && !process.env.NO_COLOR;

let ownFd: number | undefined;

/** The descriptor to write to: opened once in each thread, and closed by Node when the thread ends. */
function stderrFd(): number {
  ownFd ??= openNonBlocking();
  return ownFd;
}

/**
 * A descriptor of standard error on which a write fails with EAGAIN instead of blocking. A pipe or a terminal is
 * opened a second time, so that the flag is not set for the other processes that share descriptor 2. A socket
 * cannot be; Node sets the flag on it as soon as the main thread touches `process.stderr`. A file never blocks.
 */
function openNonBlocking(): number {
  const stderr = fstatSync(STDERR);
  if (stderr.isFIFO() || stderr.isCharacterDevice()) {
    try {
      return openSync('/proc/self/fd/2', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    } catch {
      // No /proc here, a terminal of another user, or a pipe that nobody reads any more.
    }
  }
  if (isMainThread) void process.stderr;
  return STDERR;
}
