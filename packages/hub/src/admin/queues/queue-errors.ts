// What can be wrong with a wish about a queue, in the same words whether a hub runs or not.
import { PenstockError } from '../../errors.js';

/** `1 message`, `1,234 messages` */
export const countedMessages = (count: number): string =>
  count === 1 ? '1 message' : `${count.toLocaleString('en-US')} messages`;

/** `1 dead letter`, `1,234 dead letters` */
export const countedLetters = (count: number): string =>
  count === 1 ? '1 dead letter' : `${count.toLocaleString('en-US')} dead letters`;

/** What is lost with a queue, if anything: `1 message that waits in it`, `2 messages that wait in it and 1 dead letter` */
export function contentsOf(backlog: number, deadLetters: number): string | undefined {
  const parts = [
    ...(backlog > 0 ? [`${countedMessages(backlog)} that ${backlog === 1 ? 'waits' : 'wait'} in it`] : []),
    ...(deadLetters > 0 ? [countedLetters(deadLetters)] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(' and ');
}

/** That there is no such queue, and which there are. */
export function queueNotFound(name: string, known: readonly string[], dataDirectory: string): PenstockError {
  const there = known.length === 0 ? 'it has none' : `there are: ${known.join(', ')}`;
  return new PenstockError(
    'QUEUE_NOT_FOUND',
    `there is no queue "${name}" in data directory ${dataDirectory}; ${there}`,
  );
}

/** That messages would be lost, and how many. */
export function queueNotEmpty(name: string, backlog: number, deadLetters: number): PenstockError {
  return new PenstockError(
    'QUEUE_NOT_EMPTY',
    `${wouldBeLost(name, backlog, deadLetters)}; give --yes to remove it all the same`,
  );
}

/** The same as a statement that a question can follow. */
export function wouldBeLost(name: string, backlog: number, deadLetters: number): string {
  if (deadLetters === 0) return `${countedMessages(backlog)} in queue "${name}" would never be delivered`;
  return `queue "${name}" would be gone with ${contentsOf(backlog, deadLetters)}`;
}
