// Gathers what the oracle judges: the notes outside the hub, and from the files of a hub that is stopped what is a dead letter
// or still queued.
import { DeadLetterAccess, QueueAccess } from '@penstock/hub/control';
import { readAccepted, readDeliveries } from '../oracle/notes.js';
import type { ConsumerEvidence, Evidence } from '../oracle/oracle.js';
import type { ScratchProject } from './scratch-project.js';

/** Far more than a run leaves behind; what is over would count as lost, and so not pass unseen. */
const MOST_IDS = 1_000_000;

/** What the round itself knows. */
export interface RoundEvidence extends Pick<Evidence, 'allInnocent'> {
  /** By consumer, how many messages the hub has counted as damaged. */
  readonly damaged: ReadonlyMap<string, number>;
}

/** @param project One whose hub is stopped. */
export async function evidenceOf(project: ScratchProject, { allInnocent, damaged }: RoundEvidence): Promise<Evidence> {
  const queues = new QueueAccess(project.dataDir, undefined);
  const consumers: ConsumerEvidence[] = [];
  for (const { consumer, order } of project.judged) {
    consumers.push({
      consumer,
      order,
      deliveries: readDeliveries(project.notesOf(consumer)),
      deadLettered: await deadLettersOf(queues, consumer),
      queued: await queuedOf(queues, consumer),
      countedDamaged: damaged.get(consumer) ?? 0,
    });
  }
  return { accepted: readAccepted(project.accepted), consumers, allInnocent };
}

async function deadLettersOf(queues: QueueAccess, consumer: string): Promise<Set<string>> {
  const letters = await DeadLetterAccess.open(queues, consumer);
  const { letters: found } = letters.find({}, MOST_IDS);
  const shown = found.map((letter) => letters.read(letter));
  return new Set(shown.flatMap((letter) => ('message' in letter ? [letter.message.id] : [])));
}

async function queuedOf(queues: QueueAccess, consumer: string): Promise<Set<string>> {
  const { messages } = await queues.describe(consumer, MOST_IDS);
  return new Set(messages.flatMap((message) => ('id' in message ? [message.id] : [])));
}
