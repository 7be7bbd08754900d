// A producer that publishes numbers to a running hub over its control socket, one after the other, and knows of each
// whether the hub accepted it.
import { ControlClient, publishMessages } from '@penstock/hub/control';

/** Bytes of a body, its number first. */
const BODY_BYTES = 200;

export class NumberedProducer {
  /** Numbers that the hub accepted, in order. */
  readonly accepted: number[] = [];
  /** Those accepted though `isLate` said, before they were sent, that nothing may be. */
  readonly late: number[] = [];
  readonly #client: ControlClient;
  readonly #topic: string;
  readonly #isLate: () => boolean;
  #next = 1;

  constructor(dataDir: string, topic: string, isLate: () => boolean = () => false) {
    this.#client = ControlClient.forDataDir(dataDir);
    this.#topic = topic;
    this.#isLate = isLate;
  }

  /**
   * Publishes the next number.
   *
   * @returns What the hub refused it with; undefined when it was accepted.
   */
  async publish(bytes = BODY_BYTES): Promise<Error | undefined> {
    const number = this.#next++;
    const isLate = this.#isLate();
    try {
      const body = Buffer.from(`${number} `.padEnd(bytes, '.'));
      const { error } = await publishMessages(this.#client, [{ topic: this.#topic, body }]);
      if (error !== undefined) return error;
    } catch (error) {
      // Cut off in the middle, or nobody was there.
      return error as Error;
    }
    this.accepted.push(number);
    if (isLate) this.late.push(number);
    return undefined;
  }

  /** Publishes so many, all of which have to be accepted. */
  async publishAll(count: number): Promise<void> {
    for (let left = count; left > 0; left--) {
      const error = await this.publish();
      if (error !== undefined) throw error;
    }
  }
}

/** The numbers of bodies, as their consumer saw them. */
export const numbersIn = (texts: readonly (string | undefined)[]): number[] =>
  texts.map((text) => Number(text?.split(' ')[0]));
