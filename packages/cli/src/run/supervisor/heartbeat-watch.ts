// Tells a hub that is stuck from one that is slow: by how often the supervisor has looked since the last beat, not by a
// clock. A machine that was suspended, or a supervisor that was stopped, has not looked meanwhile.

/** How often {@link HeartbeatWatch.look} is to be called, in milliseconds. */
export const LOOK_EVERY_MS = 500;

/** A thread pool that comes to nothing for so long, in milliseconds, is told of. */
const POOL_WARNING_MS = 5_000;

export interface Findings {
  /** As in "process 12 …"; called once. */
  stuck(why: string): void;
  /** The thread pool has come to nothing for so long; called once until it is free again. */
  poolBlocked(forMs: number): void;
  poolFree(): void;
}

export class HeartbeatWatch {
  readonly #findings: Findings;
  #stuckAfterMs: number;
  #looks = 0;
  #poolBlockedMs = 0;
  #poolToldOf = false;
  #isStuck = false;

  /** @param stuckAfterMs Until the hub's command line is read. */
  constructor(stuckAfterMs: number, findings: Findings) {
    this.#stuckAfterMs = stuckAfterMs;
    this.#findings = findings;
  }

  set stuckAfterMs(stuckAfterMs: number) {
    this.#stuckAfterMs = stuckAfterMs;
  }

  beat(poolBlockedMs: number): void {
    this.#looks = 0;
    this.#poolBlockedMs = poolBlockedMs;
    if (poolBlockedMs >= POOL_WARNING_MS && !this.#poolToldOf) {
      this.#poolToldOf = true;
      this.#findings.poolBlocked(poolBlockedMs);
    } else if (poolBlockedMs === 0 && this.#poolToldOf) {
      this.#poolToldOf = false;
      this.#findings.poolFree();
    }
  }

  look(): void {
    this.#looks++;
    const silentMs = this.#looks * LOOK_EVERY_MS;
    if (this.#isStuck) return;
    if (silentMs >= this.#stuckAfterMs) this.#tell(`was stuck: its main loop has not turned for ${silentMs / 1_000} s`);
    else if (this.#poolBlockedMs >= this.#stuckAfterMs) {
      this.#tell(`was stuck: its thread pool has come to nothing for ${this.#poolBlockedMs / 1_000} s`);
    }
  }

  #tell(why: string): void {
    this.#isStuck = true;
    this.#findings.stuck(why);
  }
}
