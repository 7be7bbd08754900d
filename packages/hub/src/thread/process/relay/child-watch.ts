// Watches a consumer's own process from outside: how much memory it takes, and whether it answers. Whatever it has come to,
// it can be killed. Threads that block are watched inside of it, as in the hub.
import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 250;

/** The process tells of itself twice a second; where it begins, or the machine is busy, it may take longer. */
const GRACE_MS = 3_000;

/** A watcher that was itself held up for so long, in milliseconds, has not been told what it would have been. */
const HELD_UP_MS = 1_000;

export interface ChildWatchOptions {
  readonly pid: number;
  readonly residentLimitMb: number;
  readonly killAfterMs: number | false;
  /** Called once. */
  readonly kill: (why: string) => void;
  /** Called with the resident memory, in bytes, about once a second. */
  readonly resident: (bytes: number) => void;
}

export class ChildWatch {
  readonly #options: ChildWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #heardAtMs = performance.now();
  #lookedAtMs = performance.now();
  #looks = 0;

  constructor(options: ChildWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** The process has said something. */
  heard(): void {
    this.#heardAtMs = performance.now();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const nowMs = performance.now();
    const heldUp = nowMs - this.#lookedAtMs > HELD_UP_MS;
    this.#lookedAtMs = nowMs;
    if (heldUp) this.#heardAtMs = nowMs;
    this.#checkMemory();
    this.#checkSilence(nowMs);
  }

  #checkMemory(): void {
    const { pid, residentLimitMb, resident } = this.#options;
    const bytes = residentBytes(pid);
    if (bytes === undefined) return;
    if (this.#looks++ % 4 === 0) resident(bytes);
    const mb = Math.round(bytes / 1_048_576);
    if (mb > residentLimitMb)
      this.#kill(`its resident memory of ${mb} MiB is over its limit of ${residentLimitMb} MiB`);
  }

  #checkSilence(nowMs: number): void {
    const { killAfterMs } = this.#options;
    if (killAfterMs === false || nowMs - this.#heardAtMs <= killAfterMs + GRACE_MS) return;
    this.#kill(`it has not answered for ${Math.round(nowMs - this.#heardAtMs)} ms`);
  }

  #kill(why: string): void {
    this.stop();
    this.#options.kill(why);
  }
}

/** Undefined where the system does not tell. */
function residentBytes(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024;
  } catch {
    return undefined;
  }
}
