// What the storage core is to do, in a few naive lines: lists of entries, each with what is known of its settling.

/**
 * - `waiting`: not settled, as far as anybody has said
 * - `noted`: settled, and lost with its thread if that ends now
 * - `written`: settled for good, unless the power fails
 * - `synced`: settled for good
 */
export type EntryState = 'waiting' | 'noted' | 'written' | 'synced';

export interface ModelMessage {
  readonly position: number;
  readonly length: number;
  readonly topic: string;
  readonly body: string;
}

export interface ModelEntry extends ModelMessage {
  /** Where the record lies that put it into the queue. */
  readonly at: number;
  state: EntryState;
  /** Whether it was handed to somebody who has not settled it. */
  inFlight: boolean;
  /** Deliveries of it that have failed: in all, and those of them that a kill or a loss of power leaves known. */
  failures: number;
  failuresWritten: number;
  failuresSynced: number;
  /** Whether it was settled as a dead letter. */
  isDead: boolean;
}

export const isSettled = ({ state }: ModelEntry): boolean => state === 'written' || state === 'synced';

export class NaiveModel {
  readonly queues = new Map<string, ModelEntry[]>();
  /** First positions of all segments that there ever were. */
  readonly segments = new Set<number>();
  #messages: ModelMessage[] = [];
  /** Records up to and including the one at this position are committed. */
  #committedAt = -1;
  #lastAt = -1;

  entries(queue: string): ModelEntry[] {
    const entries = this.queues.get(queue) ?? [];
    this.queues.set(queue, entries);
    return entries;
  }

  /** The entries that are committed and not settled. */
  backlog(queue: string): ModelEntry[] {
    return this.entries(queue).filter((entry) => entry.at <= this.#committedAt && !isSettled(entry));
  }

  publish(message: ModelMessage, queues: readonly string[]): void {
    this.#messages.push(message);
    this.#lastAt = message.position;
    for (const queue of queues) this.#enqueue(queue, message, message.position);
  }

  /** A record at `at` has put older messages into a queue. */
  reference(queue: string, positions: readonly number[], at: number): void {
    this.#lastAt = at;
    for (const position of positions) {
      const message = this.#messages.find((each) => each.position === position);
      if (message === undefined) throw new Error(`nothing was ever published at ${position}`);
      this.#enqueue(queue, message, at);
    }
  }

  commit(): void {
    this.#committedAt = this.#lastAt;
  }

  /** The journal goes on at `nextPosition`: what lies before it is there, the rest never was. */
  recover(nextPosition: number): void {
    if (this.#committedAt >= nextPosition) {
      throw new Error(`what was committed at ${this.#committedAt} is lost: the journal ends at ${nextPosition}`);
    }
    this.#messages = this.#messages.filter(({ position }) => position < nextPosition);
    for (const [queue, entries] of this.queues) {
      this.queues.set(
        queue,
        entries.filter(({ at }) => at < nextPosition),
      );
    }
    const ats = [...this.queues.values()].flat().map(({ at }) => at);
    this.#lastAt = Math.max(-1, ...this.#messages.map(({ position }) => position), ...ats);
    this.commit();
  }

  /** Messages that lie in one of the segments, in order. */
  messagesIn(segments: readonly number[]): ModelMessage[] {
    return this.#messages.filter(({ position }) => segments.includes(this.segmentOf(position)));
  }

  /** Of the given segments those that an unsettled entry needs. */
  needed(segments: readonly number[], open: number): number[] {
    const needed = new Set([open]);
    for (const [queue, entries] of this.queues) {
      for (const entry of this.backlog(queue)) {
        // Its own, and with it as far back as any entry of the same index file reaches: all between are kept.
        const own = this.segmentOf(entry.at);
        const beside = entries.filter(({ at }) => this.segmentOf(at) === own);
        const reach = this.segmentOf(Math.min(own, ...beside.map(({ position }) => position)));
        for (const segment of segments) if (segment >= reach && segment <= own) needed.add(segment);
      }
    }
    return segments.filter((segment) => needed.has(segment));
  }

  segmentOf(position: number): number {
    return Math.max(...[...this.segments].filter((first) => first <= position));
  }

  #enqueue(queue: string, message: ModelMessage, at: number): void {
    const nothingYet = { inFlight: false, failures: 0, failuresWritten: 0, failuresSynced: 0, isDead: false };
    this.entries(queue).push({ ...message, at, state: 'waiting', ...nothingYet });
  }
}
