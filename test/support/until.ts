// Waits for something that sends no event, such as a gauge or a file another thread writes, by looking at it again
// and again. How often it looks is no matter; that it never comes about is a failure that says what was awaited.
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 10;

/** Long enough for the slowest machine; no test passes or fails by how near it comes. */
export const GIVE_UP_AFTER_MS = 120_000;

/**
 * Looks until there is something to see.
 *
 * @param what Named in the error when it does not come about.
 * @param look Returns what the test waits for; undefined or false for "not yet".
 * @param giveUpAfterMs More for what starts many processes, one after the other.
 */
export async function until<Seen>(
  what: string,
  look: () => Seen | undefined | false | Promise<Seen | undefined | false>,
  giveUpAfterMs = GIVE_UP_AFTER_MS,
): Promise<Seen> {
  const giveUpAt = performance.now() + giveUpAfterMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > giveUpAt) throw new Error(`not within ${giveUpAfterMs / 1_000} s: ${what}`);
    await delay(LOOK_EVERY_MS);
  }
}
