// Looks at what a data directory is and which queues it has, before its files are checked one by one.
import { PenstockError } from '../../errors.js';
import type { Files } from '../../files/files.js';
import { DATA_FORMAT, freshHubFile, HUB_FILE, type HubFile, readHubFile, writeHubFile } from '../../files/hub-file.js';
import { Quarantine } from '../../files/quarantine.js';
import { queueNumbersIn } from '../../journal/segment-files.js';
import { IntervalSet } from '../../queue/interval-set.js';
import { QUEUE_FILE, readQueueFile, writeQueueFile } from '../../queue/queue-file.js';
import { type Queue, QueueRegistry } from '../../queue/registry.js';
import { readSettledState } from '../../settlement/settled-state.js';
import { isOld } from '../upgrade.js';
import { below, type Examined, type ExaminedQueue, problemOf } from './examined.js';
import { damage, type Found, note } from './finding.js';

/**
 * @param found Told of damage in what says what the directory is.
 * @throws DATA_FORMAT_UNSUPPORTED
 */
export function examine(files: Files, path: string, found: (finding: Found) => void): Examined {
  const hub = hubFile(files, path, found);
  const queues = new QueueRegistry(files, path).list().map((record): [number, ExaminedQueue] => {
    const problem = checkQueueFile(files, path, record);
    if (problem !== undefined) found(problem);
    return [record.number, { record, settled: settledOf(files, record) }];
  });
  const clean = hub?.clean ?? false;
  const ends = clean ? hub?.ends : undefined;
  return { files, path, quarantine: new Quarantine(files, path), queues: new Map(queues), clean, ends };
}

function hubFile(files: Files, path: string, found: (finding: Found) => void): HubFile | undefined {
  const mend = () => {
    new Quarantine(files, path).moveAside('hub-file', `${path}/${HUB_FILE}`);
    writeHubFile(files, path, freshHubFile(files, path, queueNumbersIn(files, `${path}/journal`)));
  };
  const repair = 'it is set aside and made anew; messages that brought no id have another one then';
  try {
    const hub = readHubFile(files, path);
    if (hub === undefined) found(damage({ path: HUB_FILE, problem: 'it is missing', repair, mend }));
    else if (isOld(hub)) {
      const problem = `the directory has format ${hub.format}; the next start upgrades it to ${DATA_FORMAT}`;
      found(note({ path: HUB_FILE, problem }));
    }
    return hub;
  } catch (error) {
    if (error instanceof PenstockError && error.code === 'DATA_FORMAT_UNSUPPORTED') throw error;
    found(damage({ path: HUB_FILE, problem: problemOf(error), repair, mend }));
    return undefined;
  }
}

function checkQueueFile(files: Files, path: string, { directory, number, name }: Queue): Found | undefined {
  const { file, problem } = readQueueFile(files, directory, { number, name });
  if (problem === undefined) return undefined;
  const ownPath = `${directory}/${QUEUE_FILE}`;
  const mend = () => {
    new Quarantine(files, path).moveAside('queue-file', ownPath);
    writeQueueFile(files, directory, file);
  };
  const repair = 'it is set aside and made anew; that its consumer was paused is not known then';
  return damage({ path: below({ path }, ownPath), problem, repair, mend });
}

function settledOf(files: Files, { directory, number }: Queue): IntervalSet {
  try {
    return readSettledState(files, `${directory}/settled`, number).settled;
  } catch (error) {
    problemOf(error);
    return new IntervalSet();
  }
}
