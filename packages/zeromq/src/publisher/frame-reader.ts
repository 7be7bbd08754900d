// Cuts what arrives from a peer into its greeting and frames. A publisher is sent commands and subscriptions only,
// all short, so that what one connection can make it hold is bounded by a small number.
import { checkGreeting, Flag, GREETING_BYTES, ZmtpError } from './zmtp-wire.js';

/** The longest frame taken from a peer: a subscription is the beginning of a topic, and a command is shorter. */
const MOST_FRAME_BYTES = 65_536;

export class FrameReader {
  readonly #onGreeting: (bytes: Buffer) => void;
  readonly #onFrame: (flags: number, body: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);
  #greeted = false;

  constructor(onGreeting: (bytes: Buffer) => void, onFrame: (flags: number, body: Buffer) => void) {
    this.#onGreeting = onGreeting;
    this.#onFrame = onFrame;
  }

  /**
   * Takes bytes as they arrive.
   *
   * @throws ZmtpError for what is no greeting and for a frame over the limit, and whatever the two callbacks throw.
   *   Nothing is to be pushed any more then.
   */
  push(bytes: Buffer): void {
    let at = 0;
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (!this.#greeted) {
      checkGreeting(all);
      if (all.length >= GREETING_BYTES) {
        this.#greeted = true;
        at = GREETING_BYTES;
        this.#onGreeting(all.subarray(0, at));
      }
    }
    while (this.#greeted) {
      const end = frameEnd(all, at);
      if (end === undefined || end > all.length) break;
      const flags = all[at] as number;
      const body = all.subarray(at + ((flags & Flag.LONG) === 0 ? 2 : 9), end);
      at = end;
      this.#onFrame(flags, body);
    }
    this.#rest = all.subarray(at);
  }
}

/** Where the frame at `at` ends; undefined when its head is not whole yet. */
function frameEnd(bytes: Buffer, at: number): number | undefined {
  const long = ((bytes[at] ?? 0) & Flag.LONG) !== 0;
  const bodyAt = at + (long ? 9 : 2);
  if (bytes.length < bodyAt) return undefined;
  const length = long ? Number(bytes.readBigUInt64BE(at + 1)) : (bytes[at + 1] as number);
  if (length > MOST_FRAME_BYTES) throw new ZmtpError(`it sent a frame of ${length} bytes to a publisher`);
  return bodyAt + length;
}
