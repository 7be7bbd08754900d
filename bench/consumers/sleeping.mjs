// A consumer that waits for something else, as one does that asks a service: 5 ms for each message, without computing.
import { setTimeout as sleep } from 'node:timers/promises';
import Counting from './counting.mjs';

const SLEEP_MS = 5;

export default class Sleeping extends Counting {
  /** @type {Counting['consume']} */
  async consume(message) {
    await sleep(SLEEP_MS);
    return super.consume(message);
  }
}
