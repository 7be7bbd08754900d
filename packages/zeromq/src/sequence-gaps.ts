// Notices messages that never came, from publishers that number theirs: the headers `publisher` (a name) and
// `sequence` (a whole number). ZeroMQ drops without a word, so that this is the only way to hear of it.
import type { Headers } from '@penstock/hub/source';

/** Streams remembered at once; the one not heard of for longest goes first, and begins anew when it comes again. */
const MOST_PUBLISHERS = 1024;
/** Bounds what the names take. A longer one is not followed. */
const MOST_NAME_CHARACTERS = 255;
const WHOLE_NUMBER = /^\d{1,16}$/;

/** Numbers that were skipped, both ends included. */
export interface SequenceGap {
  readonly publisher: string;
  readonly first: number;
  readonly last: number;
}

interface Stream {
  readonly publisher: string;
  last: number;
  /** What `last` was before the stream seemed to begin anew. */
  before: number;
}

/**
 * Follows each publisher's sequence. What comes first of a publisher begins its stream; a number beyond the next
 * one is a gap; a lower or equal one is a repeat, or, where it is 0 or 1, a publisher that has started again.
 */
export class SequenceGaps {
  readonly #streams = new Map<string, Stream>();
  readonly #report: (gap: SequenceGap) => void;
  readonly #mostPublishers: number;
  /** Heard of last: mostly the next message is of the same stream, and then nothing moves in the map. */
  #latest: Stream | undefined;

  /** @param report Called for each gap, at once. */
  constructor(report: (gap: SequenceGap) => void, mostPublishers = MOST_PUBLISHERS) {
    this.#report = report;
    this.#mostPublishers = mostPublishers;
  }

  /** Takes note of one message, in the order of arrival. Headers without the two tell nothing, and cost nothing. */
  note({ publisher, sequence }: Headers): void {
    if (publisher === undefined || sequence === undefined || publisher.length > MOST_NAME_CHARACTERS) return;
    const number = wholeNumber(sequence);
    if (number === undefined) return;
    const stream = this.#stream(publisher);
    if (stream === undefined) this.#begin(publisher, number);
    else this.#advance(stream, number);
  }

  #stream(publisher: string): Stream | undefined {
    if (this.#latest?.publisher === publisher) return this.#latest;
    const stream = this.#streams.get(publisher);
    if (stream === undefined) return undefined;
    this.#streams.delete(publisher);
    this.#streams.set(publisher, stream);
    this.#latest = stream;
    return stream;
  }

  #begin(publisher: string, number: number): void {
    if (this.#streams.size >= this.#mostPublishers) {
      const [oldest] = this.#streams.keys();
      this.#streams.delete(oldest as string);
    }
    this.#latest = { publisher, last: number, before: number };
    this.#streams.set(publisher, this.#latest);
  }

  #advance(stream: Stream, number: number): void {
    if (number <= stream.last) {
      if (number > 1) return;
      stream.before = stream.last;
    } else if (number > stream.last + 1 && number !== stream.before + 1) {
      this.#report({ publisher: stream.publisher, first: stream.last + 1, last: number - 1 });
    }
    // Where the stream goes on as before, its beginning was no new start but was sent twice: hence `before` above.
    stream.last = number;
  }
}

function wholeNumber(text: string): number | undefined {
  if (!WHOLE_NUMBER.test(text)) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : undefined;
}
