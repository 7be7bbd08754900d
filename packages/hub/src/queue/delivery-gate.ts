// Whether deliveries from a queue may begin, and why not: its consumer is paused by somebody, which is kept on disk and
// outlives every restart, or has halted by itself, which is over with the hub's run. The threads see one flag.
import type { Pause } from './queue-file.js';
import type { QueueShared } from './shared.js';

/** That a consumer has stopped itself. */
export interface Halted {
  /** Why, as the consumer has put it. */
  readonly reason: string;
}

export class DeliveryGate {
  readonly #queue: QueueShared;
  readonly #note: (pause: Pause | undefined) => void;
  #paused: Pause | undefined;
  #halted: Halted | undefined;

  /**
   * @param paused What the queue's file says.
   * @param note Writes a pause into that file, or takes it out; durable when it returns.
   */
  constructor(queue: QueueShared, paused: Pause | undefined, note: (pause: Pause | undefined) => void) {
    this.#queue = queue;
    this.#note = note;
    this.#paused = paused;
    this.#apply();
  }

  /** By whom deliveries are held back; a person's wish comes first. Undefined when they are not. */
  get closedBy(): 'paused' | 'halted' | undefined {
    if (this.#paused !== undefined) return 'paused';
    return this.#halted === undefined ? undefined : 'halted';
  }

  get paused(): Pause | undefined {
    return this.#paused;
  }

  get halted(): Halted | undefined {
    return this.#halted;
  }

  /**
   * Holds deliveries back until {@link resume}; those in flight finish. A pause that is there already is kept, with the
   * new reason where there is one.
   */
  pause(since: string, reason: string | undefined): Pause {
    const before = this.#paused;
    if (before !== undefined && (reason === undefined || reason === before.reason)) return before;
    const pause = { since: before?.since ?? since, ...(reason === undefined ? {} : { reason }) };
    this.#note(pause);
    this.#paused = pause;
    this.#apply();
    return pause;
  }

  /**
   * Lets deliveries go on, whatever held them back.
   *
   * @returns Why that could not be written down: it holds until the hub ends. A full disk is no reason to stay, since what is
   *   delivered makes room.
   */
  resume(): Error | undefined {
    const was = this.#paused;
    this.#paused = undefined;
    this.#halted = undefined;
    this.#apply();
    try {
      if (was !== undefined) this.#note(undefined);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  /** The consumer asks to be stopped. The first reason counts: its other threads may have come across the same. */
  halt(reason: string): void {
    this.#halted ??= { reason };
    this.#apply();
  }

  #apply(): void {
    this.#queue.paused = this.closedBy !== undefined;
  }
}
