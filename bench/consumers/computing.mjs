// A consumer that computes: some tenths of a millisecond of processor time for each message, in its own thread.
import { pbkdf2Sync } from 'node:crypto';
import Counting from './counting.mjs';

/** Half a millisecond, or less. */
const ITERATIONS = 500;

export default class Computing extends Counting {
  /** @type {Counting['consume']} */
  async consume(message) {
    pbkdf2Sync(message.body, 'salt', ITERATIONS, 32, 'sha256');
    return super.consume(message);
  }
}
