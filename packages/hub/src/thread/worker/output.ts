// Takes over console, process.stdout and process.stderr of a consumer's thread. Node hands what a worker prints to
// the main thread, where one chatty consumer cost 142 MB and a stall of 118 ms; here the thread writes it itself,
// line by line, with the consumer's name and within its rate limit.
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { LogLevel } from '../../telemetry/log-line.js';
import { MAX_LINE_BYTES } from '../../telemetry/stderr.js';
import { ThreadLog, type ThreadLogOptions } from './log.js';

/**
 * Has everything that this thread prints go to standard error from the thread itself. Called once, before the
 * consumer's module is loaded.
 *
 * `console.debug` prints at level debug, `warn` at warn, `error`, `assert`, `trace` and `process.stderr` at error,
 * everything else at info; the least level that is written holds for them too.
 *
 * @returns What the consumer gets as `context.log`. To be flushed before the thread is terminated; a thread that ends
 *   by itself flushes it.
 */
export function installOutput(options: ThreadLogOptions): ThreadLog {
  const log = new ThreadLog(options);
  const stdout = new LineStream(log, 'info');
  const stderr = new LineStream(log, 'error');
  replaceStream('stdout', stdout);
  replaceStream('stderr', stderr);
  replaceConsole(log, stdout, stderr);
  process.once('exit', () => log.flush());
  return log;
}

/** A stream that cuts what is written to it into lines. It never buffers and never pushes back. */
class LineStream extends Writable {
  readonly #log: ThreadLog;
  readonly #decoder = new StringDecoder('utf8');
  #level: LogLevel;
  #rest = '';

  constructor(log: ThreadLog, level: LogLevel) {
    super({ decodeStrings: false });
    this.#log = log;
    this.#level = level;
    log.onFlush(() => this.#finish());
    // A consumer that ends its process.stdout and writes on loses those lines, not its thread.
    this.on('error', () => {});
  }

  /** Runs `print`, whose lines have this level instead of the stream's. */
  withLevel(level: LogLevel, print: () => void): void {
    const usual = this.#level;
    this.#level = level;
    try {
      print();
    } finally {
      this.#level = usual;
    }
  }

  override _write(chunk: string | Buffer, encoding: BufferEncoding, done: () => void): void {
    const text = typeof chunk === 'string' ? toUtf8(chunk, encoding) : this.#decoder.write(chunk);
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      this.#print(this.#rest + text.slice(from, end));
      this.#rest = '';
      from = end + 1;
    }
    this.#rest += text.slice(from);
    if (this.#rest.length > MAX_LINE_BYTES) this.#finish();
    done();
  }

  /** Prints what came without the end of its line. */
  #finish(): void {
    if (this.#rest !== '') this.#print(this.#rest);
    this.#rest = '';
  }

  #print(line: string): void {
    this.#log.printed(this.#level, line.endsWith('\r') ? line.slice(0, -1) : line);
  }
}

/** A string written with an encoding of its own stands for bytes, such as `write('0a', 'hex')`. */
function toUtf8(text: string, encoding: BufferEncoding): string {
  return encoding === 'utf8' || encoding === 'utf-8' ? text : Buffer.from(text, encoding).toString();
}

/**
 * Node calls a method of whatever the stream is by then, under a symbol of its own, once the main thread is ready to
 * read from it. Where many threads start at once that comes late, and must find the method.
 */
function replaceStream(name: 'stdout' | 'stderr', stream: Writable): void {
  const original = process[name] as unknown as Readonly<Record<symbol, (...args: unknown[]) => unknown>>;
  for (const symbol of Object.getOwnPropertySymbols(Object.getPrototypeOf(original))) {
    Object.defineProperty(stream, symbol, { value: original[symbol]?.bind(original) });
  }
  Object.defineProperty(process, name, { configurable: true, enumerable: true, value: stream });
}

type ConsoleMethod = (...args: unknown[]) => void;

/** Methods that do nothing but print, and so need not even format what would not be written. */
const PRINTING = { debug: 'debug', log: 'info', info: 'info', warn: 'warn', error: 'error' } as const;

function replaceConsole(log: ThreadLog, stdout: LineStream, stderr: LineStream): void {
  const own = new Console({ stdout, stderr, colorMode: false }) as unknown as Record<string, ConsoleMethod>;
  const shared = console as unknown as Record<string, ConsoleMethod>;
  for (const [name, method] of Object.entries(own)) {
    if (typeof method === 'function') shared[name] = method;
  }
  for (const [name, level] of Object.entries(PRINTING)) {
    const stream = level === 'warn' || level === 'error' ? stderr : stdout;
    const print = own[name] as ConsoleMethod;
    shared[name] = (...args) => {
      if (log.enabled(level) && log.hasRoom()) stream.withLevel(level, () => print(...args));
    };
  }
}
