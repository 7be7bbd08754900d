// The bound of one queue at which its sources are held (`whenFull: 'block'`), as the main thread sees it: what is taken
// and not yet committed counts as well, so that a burst within one turn cannot go beyond it.
import type { MaxBacklog } from '../consumer.js';
import { PenstockError } from '../errors.js';
import type { QueueShared } from '../queue/shared.js';

/** Sources that were held go on when the backlog is down to this part of its bound, so that they do not flap. */
const ROOM_AT = 0.95;

export class BacklogBound {
  /** The consumer's name. */
  readonly consumer: string;
  readonly #queue: QueueShared;
  readonly #messages: number;
  readonly #bytes: number;
  /** Entries taken for the queue, as {@link QueueShared.enqueued} counts them once they are committed. */
  #taken = 0;
  #takenBytes = 0;
  #holds = false;

  constructor(consumer: string, queue: QueueShared, { messages, bytes }: MaxBacklog) {
    this.consumer = consumer;
    this.#queue = queue;
    this.#messages = messages ?? Number.POSITIVE_INFINITY;
    this.#bytes = bytes ?? Number.POSITIVE_INFINITY;
  }

  /** Counts a message that was taken for the queue. @param bytes Of its record. */
  take(bytes: number): void {
    this.#seeCommitted();
    this.#taken++;
    this.#takenBytes += bytes;
  }

  /** Whether the queue is at its bound at this moment. */
  get full(): boolean {
    return this.#isFrom(1);
  }

  /** Whether sources that feed the queue are to wait: from when it is at its bound until there is some room. */
  get holds(): boolean {
    this.#holds = this.#isFrom(this.#holds ? ROOM_AT : 1);
    return this.#holds;
  }

  /** `1,000 messages`; `1,000 messages or 1,048,576 bytes` */
  get limit(): string {
    const limits = [
      [this.#messages, 'messages'],
      [this.#bytes, 'bytes'],
    ] as const;
    return limits
      .filter(([most]) => Number.isFinite(most))
      .map(([most, unit]) => `${most.toLocaleString('en-US')} ${unit}`)
      .join(' or ');
  }

  /** Why a message to this topic is not taken. */
  refusal(topic: string): PenstockError {
    return new PenstockError(
      'QUEUE_FULL',
      `"${topic}" goes to consumer "${this.consumer}", whose queue is full: its maxBacklog is ${this.limit}; send it again when the consumer has caught up`,
    );
  }

  /** Whether the backlog is over this part of its bound, or at it where that is the whole. */
  #isFrom(part: number): boolean {
    this.#seeCommitted();
    const over = (backlog: number, most: number) => (part === 1 ? backlog >= most : backlog > Math.floor(most * part));
    if (Number.isFinite(this.#messages) && over(this.#taken - this.#queue.settled(), this.#messages)) return true;
    return Number.isFinite(this.#bytes) && over(this.#takenBytes - this.#queue.settledBytes(), this.#bytes);
  }

  /** What consumers publish, replays and requeues come to the queue past this count: seen when it is committed. */
  #seeCommitted(): void {
    this.#taken = Math.max(this.#taken, this.#queue.enqueued.get());
    this.#takenBytes = Math.max(this.#takenBytes, this.#queue.enqueuedBytes.get());
  }
}
