// What can be wrong with a wish about a queue, in the same words whether a hub runs or not.
import { PenstockError } from '../../errors.js';

/** `1 message`, `1,234 messages` */
export const countedMessages = (count: number): string =>
  count === 1 ? '1 message' : `${count.toLocaleString('en-US')} messages`;

/** That there is no such queue, and which there are. */
export function queueNotFound(name: string, known: readonly string[], dataDirectory: string): PenstockError {
  const there = known.length === 0 ? 'it has none' : `there are: ${known.join(', ')}`;
  return new PenstockError(
    'QUEUE_NOT_FOUND',
    `there is no queue "${name}" in data directory ${dataDirectory}; ${there}`,
  );
}

/** That messages would be lost, and how many. */
export function queueNotEmpty(name: string, backlog: number): PenstockError {
  return new PenstockError(
    'QUEUE_NOT_EMPTY',
    `${countedMessages(backlog)} in queue "${name}" would never be delivered; give --yes to remove it all the same`,
  );
}
