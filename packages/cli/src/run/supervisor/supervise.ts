// `hub run` as the user starts it: a small process that runs the hub in a child process, listens to its heartbeat, and
// starts it again when it has ended by itself or is stuck. It holds no message and no state; it may be killed as well.
import { constants } from 'node:os';
import { createReport, type Report } from '../../report.js';
import { onStopWish, type StopSignal } from '../stop-signals.js';
import { Backoff } from './backoff.js';
import { HeartbeatWatch, LOOK_EVERY_MS } from './heartbeat-watch.js';
import { HubProcess } from './hub-process.js';
import type { FromHub, SupervisedStart } from './messages.js';
import { type HubLife, judge } from './verdict.js';

/** Until the hub has read its command line and its config, in milliseconds. */
const STUCK_AFTER_MS = 30_000;
const STOP_WITHIN_MS = 10_000;

/** The hub ends itself when it is not stopped in time; so many milliseconds later the supervisor does. */
const OVERDUE_MS = 500;

/** Runs the hub until it is not to be started again, and then ends this process as the hub has ended. */
export async function supervise(): Promise<never> {
  // Whoever read our lines is gone; that is no reason to stop working.
  process.stderr.on('error', () => {});
  return leave(await new Supervisor().run());
}

class Supervisor {
  readonly #backoff = new Backoff();
  #report: Report = createReport('text');
  #stuckAfterMs = STUCK_AFTER_MS;
  #stopWithinMs = STOP_WITHIN_MS;
  #restarts = 0;
  #hasRun = false;
  #stopAsked: StopSignal | undefined;
  #hub: HubProcess | undefined;
  #overdue: NodeJS.Timeout | undefined;
  #endPause = () => {};

  constructor() {
    onStopWish((signal, again) => this.#stop(signal, again));
  }

  async run(): Promise<number | NodeJS.Signals> {
    for (let why: string | undefined; ; ) {
      const life = await this.#live({ supervisorPid: process.pid, restarts: this.#restarts, why });
      this.#hasRun ||= life.readyMs !== undefined;
      const verdict = judge(life, { stopAsked: this.#stopAsked !== undefined, hasRun: this.#hasRun });
      if (verdict.kind === 'leave') return verdict.as;
      this.#restarts++;
      why = verdict.why;
      const waitMs = this.#backoff.after(life.readyMs ?? 0);
      const when = waitMs === 0 ? 'at once' : `in ${waitMs / 1_000} s`;
      this.#report.error(`supervisor: ${why}; starts the hub again ${when} (restart ${this.#restarts})`);
      if (waitMs > 0) await this.#pause(waitMs);
      if (this.#stopAsked !== undefined) return this.#stopAsked;
    }
  }

  async #live(start: SupervisedStart): Promise<HubLife> {
    const heard: { killedBecause?: string; ending?: HubLife['ending']; endedWith?: number; startedAtMs?: number } = {};
    const kill = (hub: HubProcess, why: string) => {
      heard.killedBecause = why;
      this.#report.error(`supervisor: process ${hub.pid} ${why}; ends it by force`);
      hub.kill('SIGKILL');
    };
    const watch = new HeartbeatWatch(this.#stuckAfterMs, {
      stuck: (why) => kill(hub, why),
      poolBlocked: (forMs) => this.#report.error(poolBlocked(forMs)),
      poolFree: () => this.#report.info("supervisor: the hub's thread pool is free again"),
    });
    const hub = new HubProcess(start, (message: FromHub) => {
      switch (message.type) {
        case 'beat':
          return watch.beat(message.poolBlockedMs);
        case 'asked':
          this.#stuckAfterMs = message.stuckAfterMs;
          watch.stuckAfterMs = message.stuckAfterMs;
          return;
        case 'configured':
          this.#stopWithinMs = message.stopWithinMs;
          this.#report = createReport(message.logFormat);
          return;
        case 'started':
          heard.startedAtMs = performance.now();
          return;
        case 'ending':
          heard.ending = message;
          return this.#expectEnd();
        case 'ended':
          heard.endedWith = message.exitCode;
      }
    });
    this.#hub = hub;
    const looking = setInterval(() => watch.look(), LOOK_EVERY_MS);
    const end = await hub.ended;
    clearInterval(looking);
    clearTimeout(this.#overdue);
    this.#overdue = undefined;
    this.#hub = undefined;
    return {
      ...end,
      pid: hub.pid,
      killedBecause: heard.killedBecause,
      ending: heard.ending,
      endedWith: heard.endedWith,
      readyMs: heard.startedAtMs === undefined ? undefined : performance.now() - heard.startedAtMs,
    };
  }

  #stop(signal: StopSignal, again: boolean): void {
    this.#stopAsked ??= signal;
    if (again) {
      this.#report.info(`${signal} again: ends at once; what is queued stays queued`);
      this.#hub?.kill('SIGKILL');
    } else {
      this.#hub?.kill(signal);
      this.#expectEnd();
    }
    this.#endPause();
  }

  /** The hub is stopping: it has so long. */
  #expectEnd(): void {
    const hub = this.#hub;
    if (hub === undefined) return;
    this.#overdue ??= setTimeout(() => {
      this.#report.error(
        `supervisor: process ${hub.pid} has not stopped within ${this.#stopWithinMs} ms; ends it by force`,
      );
      hub.kill('SIGKILL');
    }, this.#stopWithinMs + OVERDUE_MS);
  }

  async #pause(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#endPause = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
  }
}

const poolBlocked = (forMs: number): string =>
  `supervisor: all threads of the hub's pool (libuv) have been taken for ${forMs / 1_000} s, by calls of fs, dns, crypto or zlib that do not end; ` +
  "give the consumer that makes them isolation: 'process', or set UV_THREADPOOL_SIZE to more";

/** As the hub has ended: with its exit code, or by the same signal, so that whoever waits for this process sees that. */
function leave(as: number | NodeJS.Signals): never {
  if (typeof as === 'number') process.exit(as);
  process.removeAllListeners(as);
  const byShells = 128 + constants.signals[as];
  // Others would write a core dump once more.
  if (as === 'SIGKILL' || as === 'SIGTERM' || as === 'SIGINT' || as === 'SIGHUP') process.kill(process.pid, as);
  // And the first process of a container cannot be ended by a signal of its own.
  process.exit(byShells);
}
