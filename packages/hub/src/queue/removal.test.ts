// A queue goes whole or not at all, and for good: whatever cuts its removal off, and whatever is added after it.
import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../files/memory-files.js';
import { type Queue, QueueRegistry, type QueueRequest } from './registry.js';
import { deleteSome, retireQueue } from './removal.js';

const DATA = '/data';
const QUEUES = '/data/queues';
const asked = (...names: string[]): QueueRequest[] => names.map((name) => ({ name, startFrom: 'new' }));

const FOLDERS = ['dead', 'settled'];

/** Files that a queue has when it has been filled and settled for a while, synced. */
const OWN_FILES = [
  '0000000000000000.idx',
  '0000000000009999.idx',
  'dead/t0-2.seg',
  'settled/main-1.log',
  'settled/t0-2.log',
];

function dataDirectory(): { files: MemoryFiles; queue: Queue; nextNumber: number } {
  const files = new MemoryFiles();
  const { queues, nextNumber } = new QueueRegistry(files, DATA).open(asked('kept', 'old'), 1);
  for (const { directory } of queues) {
    files.makeDirectory(`${directory}/dead`);
    for (const name of OWN_FILES) {
      const file = files.create(`${directory}/${name}`);
      file.append(new TextEncoder().encode(name));
      file.sync();
      file.close();
    }
    for (const folder of [directory, ...FOLDERS.map((name) => `${directory}/${name}`)]) files.syncDirectory(folder);
  }
  return { files, queue: queues[1] as Queue, nextNumber };
}

/** All files of a queue, as paths in its folder. */
function filesOf(files: MemoryFiles, directory: string): string[] {
  const inFolders = FOLDERS.flatMap((folder) =>
    files.list(`${directory}/${folder}`).map((name) => `${folder}/${name}`),
  );
  return [...files.list(directory).filter((name) => !FOLDERS.includes(name)), ...inFolders].sort();
}

const WHOLE = [...OWN_FILES, 'queue.json'].sort();

describe.each(['loseProcess', 'losePower'] as const)('a removal that is cut off by %s', (lose) => {
  it('anywhere leaves the queue whole, or gone with all that it had, and the others as they were', () => {
    const outcomes = new Set<string>();
    for (let step = 0; ; step++) {
      const { files, queue, nextNumber } = dataDirectory();
      let left = step;
      files.hook = ({ kind }) => (kind !== 'list' && --left < 0 ? { error: new Error('killed') } : undefined);
      let retired = false;
      let cutOff = false;
      try {
        const folder = retireQueue(files, queue.directory);
        retired = true;
        while (!deleteSome(files, folder, 2));
      } catch {
        cutOff = true;
      }
      files[lose]();
      const { queues } = new QueueRegistry(files, DATA).open([], nextNumber);
      const isThere = queues.some(({ name }) => name === 'old');
      if (retired) expect(isThere).toBe(false);
      expect(filesOf(files, queue.directory)).toEqual(isThere ? WHOLE : []);
      expect(filesOf(files, `${QUEUES}/1-kept`)).toEqual(WHOLE);
      expect(files.list(QUEUES)).toEqual(isThere ? ['1-kept', '2-old'] : ['1-kept']);
      outcomes.add(isThere ? 'whole' : 'gone');
      if (!cutOff) break;
    }
    expect([...outcomes].sort()).toEqual(['gone', 'whole']);
  });
});

describe('a queue that is removed', () => {
  it('goes a few files at a time', () => {
    const { files, queue } = dataDirectory();
    const retired = retireQueue(files, queue.directory);
    expect(filesOf(files, retired)).toEqual(WHOLE);
    const left: number[] = [];
    while (!deleteSome(files, retired, 2)) left.push(filesOf(files, retired).length);
    expect(left).toEqual([4, 2]);
    expect(files.list(QUEUES)).toEqual(['1-kept']);
  });

  it('is gone as well when somebody has deleted its folder by hand', () => {
    const { files, queue } = dataDirectory();
    files.remove(queue.directory);
    expect(deleteSome(files, retireQueue(files, queue.directory), 10)).toBe(true);
    expect(files.list(QUEUES)).toEqual(['1-kept']);
  });

  it('leaves its number to nobody: one of the same name that is added later is another queue', () => {
    const { files, queue, nextNumber } = dataDirectory();
    deleteSome(files, retireQueue(files, queue.directory), 10);
    const reserved: number[] = [];
    const registry = new QueueRegistry(files, DATA);
    const { queues } = registry.open(asked('kept', 'old'), nextNumber, (next) => {
      // Before there is any folder of the new one: were the hub killed now, the number would be used up.
      expect(files.list(QUEUES)).toEqual(['1-kept']);
      reserved.push(next);
    });
    expect(queues.map(({ number, name }) => `${number}-${name}`)).toEqual(['1-kept', '3-old']);
    expect(reserved).toEqual([4]);
    expect(filesOf(files, `${QUEUES}/3-old`)).toEqual(['queue.json']);
  });

  it('is not looked at by whoever only lists the queues, and stays for the next start to delete', () => {
    const { files, queue } = dataDirectory();
    const retired = retireQueue(files, queue.directory);
    expect(new QueueRegistry(files, DATA).list().map(({ name }) => name)).toEqual(['kept']);
    expect(filesOf(files, retired)).toEqual(WHOLE);
  });
});
