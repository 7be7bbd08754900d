// Turns topic frames into strings. The same few topics come again and again, and checking one (UTF-8, tokens,
// length) costs more than the rest of the decoding: so what was decoded is remembered by its bytes.
import { isUtf8 } from 'node:buffer';
import { topicProblem } from '@penstock/hub/source';

const SLOTS = 4096; // a power of two
const MAX_CACHED_BYTES = 128; // bounds the cache to about 1.5 MiB; longer topics are decoded each time

/**
 * A direct-mapped cache: each topic has one slot, found by a hash of its bytes, and takes it over from whatever
 * was there. So it is bounded without any bookkeeping, and topics chosen to collide only cost the decoding.
 */
export class TopicCache {
  readonly #bytes: (Uint8Array | undefined)[] = new Array(SLOTS).fill(undefined);
  readonly #topics: string[] = new Array(SLOTS).fill('');

  /** The topic that the frame holds, the same string object for the same bytes; undefined when it holds none. */
  decode(frame: Buffer): string | undefined {
    const length = frame.length;
    if (length > MAX_CACHED_BYTES) return decodeTopic(frame);
    let hash = 0x811c9dc5 ^ length; // FNV-1a
    for (let at = 0; at < length; at++) hash = Math.imul(hash ^ (frame[at] as number), 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const cached = this.#bytes[slot];
    if (cached !== undefined && sameBytes(cached, frame)) return this.#topics[slot];
    const topic = decodeTopic(frame);
    if (topic !== undefined) {
      this.#bytes[slot] = Uint8Array.prototype.slice.call(frame);
      this.#topics[slot] = topic;
    }
    return topic;
  }
}

/** The topic that the frame holds, without any cache; undefined when it is no UTF-8 or no valid topic. */
export function decodeTopic(frame: Buffer): string | undefined {
  if (!isUtf8(frame)) return undefined;
  const topic = frame.toString();
  return topicProblem(topic) === undefined ? topic : undefined;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  const length = a.length;
  if (length !== b.length) return false;
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return false;
  return true;
}
