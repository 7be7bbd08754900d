// A child process under test: its output as lines that a test can wait for, and its end as a promise.
// Everything resolves on an event of the process; when the event can no longer come, it rejects with the output.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

/** How a process ended: by itself with a code, or by a signal. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Waiting {
  readonly pattern: RegExp;
  readonly resolve: (match: RegExpMatchArray) => void;
  readonly reject: (error: Error) => void;
}

/** Lines kept of each child; older ones are forgotten, so that a chatty child does not fill the test's memory. */
const LINES_KEPT = 20_000;

export class Child {
  readonly process: ChildProcess;
  /** Standard output and standard error, line by line, as they came. */
  readonly lines: string[] = [];
  readonly #stdout: string[] = [];
  /** Resolves when the process has ended and all its output has been read. */
  readonly ended: Promise<Ending>;
  readonly #command: string;
  readonly #waiting = new Set<Waiting>();
  #ending: Ending | undefined;

  private constructor(command: string, args: readonly string[], options: ChildOptions) {
    this.#command = [command, ...args].join(' ');
    this.process = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#take(line));
    }
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => this.#stdout.push(text));
    // A program that cannot be started ends at once, with a negative code and this line for its output.
    this.process.once('error', (error) => this.#take(error.message));
    this.ended = new Promise((resolve) => {
      this.process.once('close', (code, signal) => {
        this.#ending = { code, signal };
        for (const waiting of this.#waiting) waiting.reject(this.#without(waiting.pattern));
        this.#waiting.clear();
        resolve({ code, signal });
      });
    });
  }

  /**
   * Starts a program; it is killed when the current test has finished. Call it inside a test.
   *
   * @param options.env Added to this process's environment.
   */
  static spawn(command: string, args: readonly string[], options: ChildOptions = {}): Child {
    const child = new Child(command, args, options);
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await child.ended;
    });
    return child;
  }

  /** The same for a script that this Node runs. */
  static node(script: string, args: readonly string[] = [], options: ChildOptions = {}): Child {
    return Child.spawn(process.execPath, [script, ...args], options);
  }

  /** Resolves with the first line, past or to come, that matches; rejects when the process ends without one. */
  async line(pattern: RegExp): Promise<RegExpMatchArray> {
    for (const line of this.lines) {
      const match = line.match(pattern);
      if (match !== null) return match;
    }
    if (this.#ending !== undefined) throw this.#without(pattern);
    return new Promise((resolve, reject) => this.#waiting.add({ pattern, resolve, reject }));
  }

  /** Sends a signal; true when there was a process to send it to. */
  kill(signal: NodeJS.Signals): boolean {
    return this.process.kill(signal);
  }

  /** What it has printed on standard output, which is one piece of JSON: progress goes to standard error. */
  json<Json>(): Json {
    return JSON.parse(this.#stdout.join('')) as Json;
  }

  /** All output so far, for messages of failed assertions. */
  get output(): string {
    return this.lines.join('\n');
  }

  #take(line: string): void {
    this.lines.push(line);
    if (this.lines.length > LINES_KEPT) this.lines.shift();
    for (const waiting of this.#waiting) {
      const match = line.match(waiting.pattern);
      if (match === null) continue;
      this.#waiting.delete(waiting);
      waiting.resolve(match);
    }
  }

  #without(pattern: RegExp): Error {
    const how = this.#ending?.signal ?? `code ${this.#ending?.code}`;
    return new Error(`${this.#command} ended with ${how} and no line like ${pattern}. Its output:\n${this.output}`);
  }
}

export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}
