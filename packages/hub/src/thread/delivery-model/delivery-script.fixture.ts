// What the simulated consumers do with each delivery, said beforehand: an outcome, and when it comes.

/**
 * - `publish`: publishes a message, and acknowledges
 * - `hang`: nothing, until the time for the delivery is over; without a limit it fails
 * - `kill thread`: the thread ends in the middle of the delivery
 */
export type Outcome =
  | { readonly do: 'ack' | 'throw' | 'drop' | 'dead-letter' | 'halt' | 'hang' | 'publish' | 'kill thread' }
  | { readonly do: 'retry-after'; readonly delayMs: number };

/**
 * - `now`: before `consume()` has returned; `block`: the same, and it takes a while
 * - `soon`: within the turn; `held`: when the run says so
 */
export type When = 'now' | 'block' | 'soon' | 'held';

export interface Step {
  readonly outcome: Outcome;
  readonly when: When;
}

/** How long one that blocks takes. */
export const BLOCKED_MS = 3;

const ACKNOWLEDGE: Step = { outcome: { do: 'ack' }, when: 'now' };

export class Script {
  readonly #steps: readonly Step[];
  /** Whether all is acknowledged from now on. */
  isOver = false;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  /** What is done with a message's delivery, by the queue's name and how many deliveries of it there were before. */
  step(queue: string, topic: string, body: string, before: number): Step {
    if (this.isOver) return ACKNOWLEDGE;
    const step = this.#steps[(hashOf(`${queue} ${body}`) + before) % this.#steps.length] ?? ACKNOWLEDGE;
    // What was published by a consumer publishes no more: it would never end.
    return step.outcome.do === 'publish' && topic.startsWith('d.') ? { ...step, outcome: { do: 'ack' } } : step;
  }
}

function hashOf(text: string): number {
  let hash = 7;
  for (let at = 0; at < text.length; at++) hash = (hash * 31 + text.charCodeAt(at)) % 65_521;
  return hash;
}
