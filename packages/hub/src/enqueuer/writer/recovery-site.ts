// What the parts of a recovery share: where they work, what they know, and what they have found.
import type { Damage } from '../../files/damage.js';
import type { Files } from '../../files/files.js';
import type { JournalEnds } from '../../files/hub-file.js';
import type { Quarantine } from '../../files/quarantine.js';
import { segmentName } from '../../journal/segment.js';
import type { FoundHeader } from '../../journal/segment-files.js';
import { indexName } from '../../queue/index-file.js';
import type { QueueKnowledge } from './queue-knowledge.js';
import type { EnqueuedQueue } from './writer-queue.js';

export type Queues = ReadonlyMap<number, EnqueuedQueue>;

export interface Recovery {
  readonly files: Files;
  /** The journal's. */
  readonly directory: string;
  readonly queues: Queues;
  readonly quarantine: Quarantine;
  /** How far all had come when the last hub stopped in order; undefined where nothing says so. */
  readonly ends: JournalEnds | undefined;
  /** What settle logs say of the queues. */
  readonly knowledge: QueueKnowledge;
  readonly damage: Damage[];
}

/** A segment that can be read. */
export interface FoundSegment {
  readonly firstPosition: number;
  readonly header: FoundHeader;
}

/** Where an index file lies. */
export const indexPath = (queue: EnqueuedQueue, firstPosition: number): string =>
  `${queue.directory}/${indexName(firstPosition)}`;

/** Where a segment lies. */
export const segmentPath = ({ directory }: Pick<Recovery, 'directory'>, firstPosition: number): string =>
  `${directory}/${segmentName(firstPosition)}`;
