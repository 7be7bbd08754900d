// How long the supervisor waits before it starts the hub again: not at all for a hub that had run well, and longer each
// time for one that does not get that far.

/** A hub that was ready for so long, in milliseconds, has run well: whatever ended it is taken for a new trouble. */
export const RAN_WELL_MS = 5_000;

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

export class Backoff {
  #nextMs = 0;

  /**
   * @param readyMs For how long the hub that has ended was ready, in milliseconds; 0 when it never was.
   * @returns How long to wait, in milliseconds.
   */
  after(readyMs: number): number {
    const waitMs = readyMs >= RAN_WELL_MS ? 0 : this.#nextMs;
    this.#nextMs = waitMs === 0 ? FIRST_MS : Math.min(waitMs * 2, LONGEST_MS);
    return waitMs;
  }
}
