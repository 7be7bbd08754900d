// What becomes of damage to a queue's own files, as a start finds it: it is set aside, and told of with what is lost.
import { deadDirectory } from './dead-letters/file-names.js';
import type { QueueLetters } from './dead-letters/start-order.js';
import type { OnDamage } from './files/damage.js';
import type { Files } from './files/files.js';
import { Quarantine } from './files/quarantine.js';

export interface DamagedQueueParts {
  readonly files: Files;
  readonly dataDirectory: string;
  readonly consumer: string;
  /** The queue's folder. */
  readonly queueDirectory: string;
  readonly damaged: OnDamage;
}

/** What is done with a settle log of which not all could be read; after all logs were merged into one. */
export function asideOfLogs({
  files,
  dataDirectory,
  damaged,
}: DamagedQueueParts): (path: string, problem: string) => void {
  return (path, problem) => {
    const aside = new Quarantine(files, dataDirectory).moveAside('settle-log', path);
    const outcome = 'what it said of settled entries and cannot be read is delivered again';
    damaged({ kind: 'settle-log', path, problem: `${problem}; ${outcome}`, aside, lost: [] });
  };
}

/** What is done with dead letters that cannot be read, or are missing. */
export function damagedLetters({
  files,
  dataDirectory,
  consumer,
  queueDirectory,
  damaged,
}: DamagedQueueParts): Required<Pick<QueueLetters, 'setAside' | 'missing'>> {
  const tell = (path: string, problem: string, aside: string | undefined, entries: number) =>
    damaged({ kind: 'dead-letters', path, problem, aside, lost: entries === 0 ? [] : [{ consumer, entries }] });
  return {
    setAside: (path, problem, letters) =>
      tell(path, problem, new Quarantine(files, dataDirectory).moveAside('dead-letters', path), letters),
    missing: (letters) => tell(deadDirectory(queueDirectory), 'dead letters are missing', undefined, letters),
  };
}
