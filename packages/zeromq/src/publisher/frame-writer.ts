// Gathers frames into pieces of memory that are handed to the system as a whole: one write for many messages.
import type { FrameBox } from './mechanism.js';
import { Flag, headBytes, writeHead } from './zmtp-wire.js';

/** One piece; what was handed over is never written again, so the system may hold it for as long as it likes. */
const PIECE_BYTES = 65_536;

/** From this size on a body is handed over as it is: copying it would cost more than a write of its own. */
const LARGE_BODY_BYTES = 16_384;

/** The three frames of a message: topic, headers as JSON, body. */
export interface OutgoingFrames {
  readonly topic: string;
  readonly headers: string;
  readonly body: Uint8Array;
}

export class FrameWriter {
  readonly #write: (bytes: Uint8Array) => void;
  #piece: Buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
  #from = 0;
  #to = 0;
  #box: FrameBox | undefined;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  /** Has all that is appended from now on encrypted. */
  sealWith(box: FrameBox): void {
    this.#box = box;
  }

  message({ topic, headers, body }: OutgoingFrames): void {
    if (this.#box !== undefined) {
      this.#append(this.#box.seal(Flag.MORE, Buffer.from(topic)));
      this.#append(this.#box.seal(Flag.MORE, Buffer.from(headers)));
      this.#append(this.#box.seal(0, body));
      return;
    }
    this.#text(topic);
    this.#text(headers);
    if (body.length < LARGE_BODY_BYTES) {
      this.#reserve(headBytes(body.length) + body.length);
      const at = writeHead(this.#piece, this.#to, 0, body.length);
      this.#piece.set(body, at);
      this.#to = at + body.length;
      return;
    }
    this.#reserve(headBytes(body.length));
    this.#to = writeHead(this.#piece, this.#to, 0, body.length);
    this.flush();
    this.#write(body);
  }

  /** @param body As {@link commandBody} makes it. */
  command(body: Buffer): void {
    if (this.#box !== undefined) {
      this.#append(this.#box.seal(Flag.COMMAND, body));
      return;
    }
    this.#reserve(headBytes(body.length) + body.length);
    const at = writeHead(this.#piece, this.#to, Flag.COMMAND, body.length);
    this.#piece.set(body, at);
    this.#to = at + body.length;
  }

  /** Hands over what was gathered. */
  flush(): void {
    if (this.#to === this.#from) return;
    this.#write(this.#piece.subarray(this.#from, this.#to));
    this.#from = this.#to;
  }

  /** Appends a frame that is whole already. */
  #append(frame: Buffer): void {
    this.#reserve(frame.length);
    this.#piece.set(frame, this.#to);
    this.#to += frame.length;
  }

  /** A frame of text after which others come. */
  #text(text: string): void {
    const bytes = Buffer.byteLength(text);
    this.#reserve(headBytes(bytes) + bytes);
    const at = writeHead(this.#piece, this.#to, Flag.MORE, bytes);
    this.#to = at + this.#piece.write(text, at);
  }

  #reserve(bytes: number): void {
    if (this.#to + bytes <= this.#piece.length) return;
    this.flush();
    this.#piece = Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, bytes));
    this.#from = 0;
    this.#to = 0;
  }
}
