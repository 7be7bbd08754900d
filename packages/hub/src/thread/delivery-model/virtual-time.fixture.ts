// Time that goes on when it is told to: hours of it in no time, and a clock on the wall that can be set. It takes the
// place of the globals that the code under test asks; turns of the event loop stay the real ones.

/** Somebody whose timers end with him, such as a thread. */
export interface TimerOwner {
  readonly isAlive: boolean;
}

interface Timer {
  readonly owner: TimerOwner | undefined;
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Not zero: what was never drawn, begun or read is 0 in many places. */
const FIRST_MS = 1_000_000;
const FIRST_WALL_MS = Date.UTC(2030, 0, 1);

export class VirtualTime {
  /** Of the monotonic clock, in milliseconds. */
  nowMs = FIRST_MS;
  /** Whose the timer is that is set next. */
  nextOwner: TimerOwner | undefined;
  #wallMs = FIRST_WALL_MS - FIRST_MS;
  #timers: Timer[] = [];
  #order = 0;

  /** Timers that are set, for who looks whether anything happens. */
  get changes(): number {
    return this.#order;
  }

  /** The clock on the wall, in milliseconds since 1970. */
  get wallMs(): number {
    return this.nowMs + this.#wallMs;
  }

  /** When the next timer is due; Infinity for never. */
  get nextMs(): number {
    return this.#timers.reduce((next, { atMs }) => Math.min(next, atMs), Number.POSITIVE_INFINITY);
  }

  /** Puts itself in the place of the globals; what it returns puts them back. */
  install(): () => void {
    const { setTimeout, clearTimeout } = globalThis;
    const { hrtime } = process;
    const dateNow = Date.now;
    const performanceNow = performance.now;
    const nowNs = () => BigInt(Math.round(this.nowMs * 1e6));
    const split = (): [number, number] => [Math.floor(this.nowMs / 1e3), (this.nowMs % 1e3) * 1e6];
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 0) => this.#set(run, ms),
      clearTimeout: (timer: unknown) => this.#clear(timer),
    });
    process.hrtime = Object.assign(split, { bigint: nowNs });
    Date.now = () => this.wallMs;
    performance.now = () => this.nowMs;
    return () => {
      Object.assign(globalThis, { setTimeout, clearTimeout });
      process.hrtime = hrtime;
      Date.now = dateNow;
      performance.now = performanceNow;
    };
  }

  /** Sets the clock on the wall forward or back; no timer notices. */
  setWall(byMs: number): void {
    this.#wallMs += byMs;
  }

  /** Lets time pass while nothing else can happen: somebody blocks the thread. */
  block(ms: number): void {
    this.nowMs += ms;
  }

  /** Lets time pass, timer by timer; after each moment, all that follows from it happens. */
  async advance(ms: number, settle: () => Promise<void>): Promise<void> {
    const untilMs = this.nowMs + ms;
    while (this.nextMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.nextMs);
      await settle();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** Runs the timer that has been due for longest. */
  runDue(): void {
    const [next] = this.#timers.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
    if (next === undefined || next.atMs > this.nowMs) return;
    this.#timers.shift();
    if (next.owner?.isAlive !== false) next.run();
    this.#order++;
  }

  /** Forgets all timers: those who set them are gone. */
  forget(): void {
    this.#timers = [];
  }

  #set(run: () => void, ms: number): Timer {
    const timer = { owner: this.nextOwner, atMs: this.nowMs + Math.max(0, ms), order: this.#order++, run };
    this.nextOwner = undefined;
    this.#timers.push(timer);
    return timer;
  }

  #clear(timer: unknown): void {
    this.#timers = this.#timers.filter((each) => each !== timer);
  }
}
