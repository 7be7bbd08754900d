// The data directory that is being checked, with what several checks ask about it.
import { PenstockError } from '../../errors.js';
import type { Files } from '../../files/files.js';
import type { HubFile } from '../../files/hub-file.js';
import type { Quarantine } from '../../files/quarantine.js';
import type { IntervalSet } from '../../queue/interval-set.js';
import type { Queue } from '../../queue/registry.js';
import { SettleLog } from '../../settlement/settle-log.js';
import { SettleKind } from '../../settlement/settle-record.js';
import { readSettledState, settleLogName } from '../../settlement/settled-state.js';

/** A queue, and what its settle logs say. */
export interface ExaminedQueue {
  readonly record: Queue;
  /** None where they cannot be read: then all entries count as unsettled. */
  readonly settled: IntervalSet;
}

export interface Examined {
  readonly files: Files;
  /** Its path. */
  readonly path: string;
  readonly quarantine: Quarantine;
  /** By number. */
  readonly queues: ReadonlyMap<number, ExaminedQueue>;
  /** Whether the last hub stopped as it should: then nothing is left to be put in order by the next. */
  readonly clean: boolean;
  /** How far all had come then. */
  readonly ends: HubFile['ends'];
}

/** A path as a finding names it. */
export const below = ({ path }: Pick<Examined, 'path'>, file: string): string => file.slice(path.length + 1);

/** What a file cannot be read with, when that says something of the file; all else is thrown. */
export function problemOf(error: unknown): string {
  if (error instanceof PenstockError) return error.message;
  throw error;
}

/** An entry that cannot be delivered. */
export interface LostEntry {
  readonly ordinal: number;
  readonly length: number;
}

/** Settles entries of a queue as damaged, durably, in a log of their own: no hub tries to deliver them any more. */
export function settleAsDamaged({ files }: Examined, { record }: ExaminedQueue, entries: readonly LostEntry[]): void {
  const { directory, number } = record;
  const settledDirectory = `${directory}/settled`;
  files.makeDirectory(settledDirectory);
  const state = readSettledState(files, settledDirectory, number);
  const name = settleLogName('main', state.nextIncarnation);
  const log = new SettleLog({ files, directory: settledDirectory, name, queueNumber: number });
  for (const { ordinal, length } of entries) {
    if (!state.settled.has(ordinal)) log.add(SettleKind.DAMAGED, ordinal, length);
  }
  log.close();
}
