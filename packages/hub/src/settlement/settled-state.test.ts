// What all logs of a queue say together, and that merging them changes nothing, wherever it is cut off.
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryFiles } from '../files/memory-files.js';
import { SettleLog } from './settle-log.js';
import { SettleKind } from './settle-record.js';
import { mergeLogs, readSettledState, replaceEarlierLogs, settleLogName } from './settled-state.js';

const DIRECTORY = '/settled';
const QUEUE = 9;

let files: MemoryFiles;
beforeEach(() => {
  files = new MemoryFiles();
  files.makeDirectory(DIRECTORY);
  files.syncDirectory('');
});

/** Writes a log, durably. */
function writeLog(name: string, ordinals: readonly number[]): void {
  const log = new SettleLog({ files, directory: DIRECTORY, name, queueNumber: QUEUE });
  for (const ordinal of ordinals) log.add(SettleKind.ACKNOWLEDGED, ordinal, 10);
  log.close();
  files.syncDirectory(DIRECTORY);
}

const state = () => readSettledState(files, DIRECTORY, QUEUE);
const settled = (): number[] =>
  [...state().settled].flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at));
const sorted = (numbers: Iterable<number>): number[] => [...new Set(numbers)].sort((a, b) => a - b);

const anyLogs = fc.array(fc.uniqueArray(fc.nat({ max: 50 })), { minLength: 1, maxLength: 4 });

describe('the settle logs of a queue', () => {
  it('say together what any of them says, in whatever order they are read', () => {
    fc.assert(
      fc.property(anyLogs, (logs) => {
        files.remove(DIRECTORY);
        files.makeDirectory(DIRECTORY);
        for (const [index, ordinals] of logs.entries()) writeLog(settleLogName(index, 10 - index), ordinals);
        expect(settled()).toEqual(sorted(logs.flat()));
        expect(state()).toMatchObject({
          nextIncarnation: 11,
          tornBytes: 0,
          logs: expect.objectContaining({ length: logs.length }),
        });
      }),
      { numRuns: 100 },
    );
  });

  it('of a queue that has none say that nothing is settled', () => {
    expect(state()).toMatchObject({ logs: [], nextIncarnation: 1, tornBytes: 0 });
    expect(settled()).toEqual([]);
  });

  it('that were torn at their ends count as far as they go', () => {
    writeLog('t0-1.log', [0, 1, 2]);
    const log = files.create(`${DIRECTORY}/t1-1.log`);
    log.append(new Uint8Array(17));
    log.close();
    expect(settled()).toEqual([0, 1, 2]);
    expect(state()).toMatchObject({ tornBytes: 17, logs: ['t0-1.log', 't1-1.log'] });
  });

  it('are merged into one that says the same', () => {
    fc.assert(
      fc.property(anyLogs, (logs) => {
        files.remove(DIRECTORY);
        files.makeDirectory(DIRECTORY);
        for (const [index, ordinals] of logs.entries()) writeLog(settleLogName(index, 3), ordinals);
        mergeLogs(files, DIRECTORY, QUEUE, state());
        expect(settled()).toEqual(sorted(logs.flat()));
        expect(files.list(DIRECTORY)).toEqual(['main-4.log']);
        mergeLogs(files, DIRECTORY, QUEUE, state());
        expect(settled()).toEqual(sorted(logs.flat()));
        expect(files.list(DIRECTORY)).toEqual(['main-5.log']);
        expect(files.openFiles).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('are merged without what was taken from their state', () => {
    writeLog('t0-1.log', [0, 1, 5, 6, 7, 8]);
    const before = state();
    before.settled.dropFrom(6);
    mergeLogs(files, DIRECTORY, QUEUE, before);
    expect(settled()).toEqual([0, 1, 5]);
  });

  it('say the same wherever their merging is cut off, by a kill or by a loss of power, and leave nothing behind', () => {
    const ordinals = [0, 1, 2, 4, 8, 9, 600];
    for (const lose of ['loseProcess', 'losePower'] as const) {
      for (let step = 0; ; step++) {
        files = new MemoryFiles();
        files.makeDirectory(DIRECTORY);
        files.syncDirectory('');
        writeLog('t0-1.log', ordinals.slice(0, 4));
        writeLog('t1-1.log', ordinals.slice(4));
        const before = state();
        let left = step;
        files.hook = () => (--left < 0 ? { error: new Error('killed'), written: 50 } : undefined);
        let killed = false;
        try {
          mergeLogs(files, DIRECTORY, QUEUE, before);
        } catch {
          killed = true;
        }
        files[lose]();
        expect(settled(), `${lose} at step ${step}`).toEqual(ordinals);
        mergeLogs(files, DIRECTORY, QUEUE, state());
        expect(settled()).toEqual(ordinals);
        expect(files.list(DIRECTORY).length).toBe(1);
        if (!killed) break;
      }
    }
  });

  it('of a thread’s earlier incarnations are replaced by its present one, wherever that is cut off', () => {
    for (const lose of ['loseProcess', 'losePower'] as const) {
      for (let step = 0; ; step++) {
        files = new MemoryFiles();
        files.makeDirectory(DIRECTORY);
        files.syncDirectory('');
        writeLog('t1-9.log', [0, 1, 5]);
        writeLog('t1-10.log', [2]);
        writeLog('t10-8.log', [4]);
        writeLog('main-7.log', [8]);
        const name = 't1-11.log';
        const log = new SettleLog({ files, directory: DIRECTORY, name, queueNumber: QUEUE });
        let left = step;
        files.hook = () => (--left < 0 ? { error: new Error('killed'), written: 50 } : undefined);
        let killed = false;
        try {
          replaceEarlierLogs(files, DIRECTORY, log, name, [...state().settled]);
        } catch {
          killed = true;
        }
        files[lose]();
        expect(settled(), `${lose} at step ${step}`).toEqual([0, 1, 2, 4, 5, 8]);
        if (killed) continue;
        if (lose === 'loseProcess') expect(files.list(DIRECTORY)).toEqual(['main-7.log', 't1-11.log', 't10-8.log']);
        break;
      }
    }
  });

  it('are all read, also when one is replaced by another that was read before', () => {
    writeLog('t1-9.log', [0, 1]);
    const name = 't1-10.log';
    const log = new SettleLog({ files, directory: DIRECTORY, name, queueNumber: QUEUE });
    const all = [{ from: 0, to: 2 }];
    files.hook = ({ kind, path }) => {
      if (kind !== 'open' || !path.endsWith('t1-9.log')) return undefined;
      files.hook = undefined;
      replaceEarlierLogs(files, DIRECTORY, log, name, all);
      return undefined;
    };
    expect([...state().settled]).toEqual(all);
    expect(files.hook).toBeUndefined();
    log.close();
  });

  it('that belong to another queue are refused by name', () => {
    writeLog('t0-1.log', [1]);
    expect(() => readSettledState(files, DIRECTORY, QUEUE + 1)).toThrow(
      expect.objectContaining({ code: 'DATA_DAMAGED', message: expect.stringContaining('t0-1.log') }),
    );
  });
});
