// The `hub run` command as a child process, in a process group of its own, so that neither Ctrl-C nor a kill of the one reaches
// the other. With a supervisor it is the supervisor, and the hub itself is a process further on.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ScratchProject } from './scratch-project.js';

/** How to run the `hub` command. */
export interface HubCommand {
  /** The program: Node. */
  readonly file: string;
  /** What stands before `run`: options of Node, and the command's own file. */
  readonly args: readonly string[];
}

/** How a process ended: by itself with a code, or by a signal. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface HubProcessOptions {
  readonly command: HubCommand;
  readonly project: ScratchProject;
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** So much of the log is shown when something went wrong. */
const LOG_TAIL_CHARACTERS = 2_000;

/** Those that run. In groups of their own, they would outlive a process that ends in the middle of a round. */
const running = new Set<HubProcess>();
process.once('exit', killEveryHub);

export class HubProcess {
  /** Resolves when the process has ended. */
  readonly ended: Promise<ProcessEnd>;
  readonly #process: ChildProcess;
  readonly #log: string;
  #end: ProcessEnd | undefined;

  /** Starts it. What it writes is added to `hub.log` in the project's folder. */
  constructor({ command, project, env }: HubProcessOptions) {
    this.#log = join(project.folder, 'hub.log');
    const log = openSync(this.#log, 'a');
    this.#process = spawn(command.file, [...command.args, 'run', '--config', project.config], {
      cwd: project.folder,
      detached: true,
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    running.add(this);
    this.ended = new Promise((resolve, reject) => {
      this.#process.once('error', reject);
      this.#process.once('exit', (code, signal) => {
        this.#end = { code, signal };
        running.delete(this);
        resolve(this.#end);
      });
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** How it has ended; undefined while it runs. */
  get end(): ProcessEnd | undefined {
    return this.#end;
  }

  /**
   * Waits for its end.
   *
   * @returns How it ended; undefined when it did not within so many milliseconds. Nothing of it is left in both cases.
   */
  async endsWithin(milliseconds: number): Promise<ProcessEnd | undefined> {
    const ended = new AbortController();
    const late = sleep(milliseconds, undefined, { signal: ended.signal }).catch(() => undefined);
    const end = await Promise.race([this.ended, late]);
    ended.abort();
    this.killAll();
    await this.ended;
    return end;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Kills it and all that it has started, at once. */
  killAll(): void {
    const { pid } = this.#process;
    if (pid !== undefined) killIfThere(-pid);
  }

  /** The end of what the hub has written, for whoever looks into what went wrong. */
  get logTail(): string {
    return readFileSync(this.#log, 'utf8').slice(-LOG_TAIL_CHARACTERS);
  }
}

/** Kills all that this process has started, at once: for one that is itself about to end. */
export function killEveryHub(): void {
  for (const hub of running) hub.killAll();
}

/** Kills a process at once, or with a negative id a group of them. That there is none any more is fine. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
