// What can be given as a reason: text that fits on a line, and into the queue's file.
import { InvalidArgumentError } from 'commander';

const MOST_LENGTH = 1_000;

/** @throws InvalidArgumentError */
export function parseReason(text: string): string {
  if (text.trim() !== '' && text.length <= MOST_LENGTH) return text;
  throw new InvalidArgumentError(`Give a reason of 1 to ${MOST_LENGTH} characters.`);
}
