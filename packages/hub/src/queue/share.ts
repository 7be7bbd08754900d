// Which thread's share an entry of a partitioned queue is (`order: 'key'`): all of one key are the same thread's, and what
// has no key goes round.
import { NO_KEY } from '../journal/order-key.js';

/** 2^32 divided by the golden ratio: the upper bits of a product with it depend on all bits of the other factor. */
const SPREAD = 0x9e37_79b1;

/**
 * The index of the thread that an entry is for.
 *
 * @param keyHash Of its order key.
 */
export function shareOf(ordinal: number, keyHash: number, threads: number): number {
  // Spread out: that each other message has a key must not give each other thread none of those that have not.
  return (keyHash === NO_KEY ? Math.imul(ordinal, SPREAD) >>> 16 : keyHash) % threads;
}
