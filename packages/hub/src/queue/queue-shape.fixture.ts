// Shapes of shared memory for tests, which care for a part of it each.
import { NO_THREADS, type QueueShape, QueueShared } from './shared.js';

export const shapeWith = (shape: Partial<QueueShape>): QueueShape => ({ ...NO_THREADS, ...shape });

/** A queue in memory of its own. */
export function newQueue(shape: Partial<QueueShape>): QueueShared {
  const whole = shapeWith(shape);
  return new QueueShared(QueueShared.allocate(whole), whole);
}
