// The first messages that wait in a queue, read as its consumer's thread would read them, without delivering any.
import type { Files } from '../../files/files.js';
import type { Headers } from '../../message.js';
import type { Interval } from '../../queue/interval-set.js';
import { DeliveredMessage } from '../../thread/worker/delivered-message.js';
import { EntryReader } from '../../thread/worker/entry-reader.js';

/** So much of a body is kept: a hundred messages of 16 MiB are to take no gigabytes. */
const PREVIEW_BYTES = 4_096;

/** A message in a queue that is not settled. */
export interface WaitingMessage {
  readonly ordinal: number;
  readonly position: number;
  /** When it was taken, in milliseconds since 1970. */
  readonly time: number;
  readonly topic: string;
  readonly id: string;
  readonly headers: Headers;
  readonly bodyBytes: number;
  /** The beginning of the body: {@link PREVIEW_BYTES} at most. */
  readonly preview: Uint8Array;
}

/** An entry whose message cannot be read: it is damaged, or a running hub has settled it meanwhile and it is gone. */
export interface UnreadableMessage {
  readonly ordinal: number;
  /** NaN when even its index entry is gone. */
  readonly position: number;
  /** Such as `its record has a wrong checksum`. */
  readonly problem: string;
}

export interface WaitingMessagesOptions {
  readonly files: Files;
  readonly journalDirectory: string;
  /** The queue's folder. */
  readonly queueDirectory: string;
  /** Names the messages that did not bring an id. */
  readonly hubId: string;
}

export class WaitingMessages {
  readonly #reader: EntryReader;
  readonly #hubId: string;

  constructor({ files, journalDirectory, queueDirectory, hubId }: WaitingMessagesOptions) {
    // No record counts as fresh: each one's checksum is looked at.
    this.#reader = new EntryReader(files, journalDirectory, queueDirectory, Number.POSITIVE_INFINITY);
    this.#hubId = hubId;
  }

  /** The messages with the first so many of some ordinals. */
  first(unsettled: readonly Interval[], most: number): (WaitingMessage | UnreadableMessage)[] {
    const messages: (WaitingMessage | UnreadableMessage)[] = [];
    for (const { from, to } of unsettled) {
      for (let ordinal = from; ordinal < to && messages.length < most; ordinal++) messages.push(this.read(ordinal));
    }
    return messages;
  }

  /** The message with one ordinal. */
  read(ordinal: number): WaitingMessage | UnreadableMessage {
    const problem = this.#reader.read(ordinal, 1);
    if (problem !== undefined) return { ordinal, position: this.#reader.position, problem };
    const { slab, at } = this.#reader;
    const { position, time, topic, id, headers, body } = new DeliveredMessage(
      this.#hubId,
      slab.bytes,
      slab.view,
      at,
      1,
    );
    const preview = beginning(body);
    return { ordinal, position, time, topic, id, headers, bodyBytes: body.byteLength, preview };
  }

  close(): void {
    this.#reader.close();
  }
}

/** Not cut within a character, so that what is UTF-8 as a whole is UTF-8 still. */
function beginning(body: Uint8Array): Uint8Array {
  let end = PREVIEW_BYTES;
  while (end > PREVIEW_BYTES - LONGEST_CHARACTER && isContinuation(body[end])) end--;
  return body.slice(0, end);
}

/** Bytes of the longest character in UTF-8. */
const LONGEST_CHARACTER = 4;

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;
