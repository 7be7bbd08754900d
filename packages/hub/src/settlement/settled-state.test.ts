// What all logs of a queue say together, and that merging and replacing them changes nothing of it.
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { readWhole } from '../files/files.js';
import { MemoryFiles } from '../files/memory-files.js';
import { SettleLog } from './settle-log.js';
import { type PendingRetry, SETTLE_RECORD_BYTES, SettleKind, SettleReason } from './settle-record.js';
import { mergeLogs, readSettledState, recountWriter, replaceEarlierLogs, settleLogName } from './settled-state.js';
import { anyEnding, type Ending, NaiveSettling, said } from './settling.fixture.js';

const DIRECTORY = '/settled';
const QUEUE = 9;

let files: MemoryFiles;
beforeEach(() => {
  files = new MemoryFiles();
  files.makeDirectory(DIRECTORY);
  files.syncDirectory('');
});

const newLog = (name: string): SettleLog => new SettleLog({ files, directory: DIRECTORY, name, queueNumber: QUEUE });

/** Writes a log, durably. */
function writeLog(name: string, ordinals: readonly number[], retries: readonly PendingRetry[] = []): void {
  const log = newLog(name);
  for (const retry of retries) log.retry(retry);
  for (const ordinal of ordinals) log.add(SettleKind.ACKNOWLEDGED, ordinal, 10);
  log.close();
}

const retryOf = (ordinal: number, attempt: number): PendingRetry => ({
  ordinal,
  attempt,
  crashes: 0,
  delayMs: 100 * attempt,
  failedAt: 2_000 + attempt,
  firstAt: 1_000,
});
const acknowledged = (count: number) => [
  { outcome: SettleKind.ACKNOWLEDGED, reason: SettleReason.NONE, count, bytes: 10 * count },
];
const state = () => readSettledState(files, DIRECTORY, QUEUE);
const saidNow = () => said(files, DIRECTORY, QUEUE);

const NAMES = [settleLogName(0, 10), settleLogName(1, 9), settleLogName('overflow', 8), settleLogName('main', 3)];
const anyEndings = fc.array(anyEnding(NAMES.length), { maxLength: 80 });

/** Writes what became of entries into a log for each writer. */
function writeLogs(endings: readonly Ending[]): NaiveSettling {
  files.remove(DIRECTORY);
  files.makeDirectory(DIRECTORY);
  const naive = new NaiveSettling();
  const logs = NAMES.map(newLog);
  for (const ending of endings) naive.take(ending, logs[ending.log] as SettleLog);
  for (const log of logs) log.close();
  return naive;
}

describe('the settle logs of a queue', () => {
  it('say together what any of them says, in whatever order they are read', () => {
    fc.assert(
      fc.property(anyEndings, (endings) => {
        const naive = writeLogs(endings);
        expect(saidNow()).toEqual(naive.said);
        expect(state()).toMatchObject({ nextIncarnation: 11, tornBytes: 0, logs: [...NAMES].sort() });
      }),
      { numRuns: 200 },
    );
  });

  it('of a queue that has none say that nothing is settled', () => {
    expect(state()).toMatchObject({ logs: [], nextIncarnation: 1, tornBytes: 0 });
    expect(saidNow()).toEqual({ settled: [], retries: [], tallies: [] });
  });

  it('that were torn at their ends count as far as they go', () => {
    writeLog('t0-1.log', [0, 1, 2]);
    const log = files.create(`${DIRECTORY}/t1-1.log`);
    log.append(new Uint8Array(17));
    log.close();
    expect(saidNow()).toEqual({ settled: [0, 1, 2], retries: [], tallies: acknowledged(3) });
    expect(state()).toMatchObject({ tornBytes: 17, logs: ['t0-1.log', 't1-1.log'] });
  });

  it('say of an entry its highest attempt, and none once it is settled, wherever that stands', () => {
    writeLog('main-1.log', [7], [retryOf(5, 3), retryOf(6, 1)]);
    writeLog('t0-2.log', [], [retryOf(5, 1), retryOf(5, 2), retryOf(6, 2)]);
    writeLog('t1-3.log', [], [retryOf(7, 9), retryOf(4, 1)]);
    expect(state().retries).toEqual([retryOf(4, 1), retryOf(5, 3), retryOf(6, 2)]);
  });

  it('are merged into one that says the same', () => {
    fc.assert(
      fc.property(anyEndings, (endings) => {
        const naive = writeLogs(endings);
        mergeLogs(files, DIRECTORY, QUEUE, state());
        expect(saidNow()).toEqual(naive.said);
        expect(files.list(DIRECTORY)).toEqual(['main-11.log']);
        mergeLogs(files, DIRECTORY, QUEUE, state());
        expect(saidNow()).toEqual(naive.said);
        expect(files.list(DIRECTORY)).toEqual(['main-12.log']);
        expect(files.openFiles).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('are merged without what was taken from their state', () => {
    writeLog('t0-1.log', [0, 1, 5, 6, 7, 8], [retryOf(2, 1), retryOf(9, 1)]);
    const before = state();
    before.settled.dropFrom(6);
    mergeLogs(files, DIRECTORY, QUEUE, { ...before, retries: before.retries.slice(0, 1) });
    expect(saidNow()).toMatchObject({ settled: [0, 1, 5], retries: [retryOf(2, 1)] });
  });

  it('are read and merged with very many retries, as an outage leaves them', () => {
    const retries = Array.from({ length: 100_000 }, (_, index) => retryOf(index * 2, 1));
    writeLog('t0-1.log', [1, 3], [...retries, ...retries.map(({ ordinal }) => retryOf(ordinal, 2))]);
    mergeLogs(files, DIRECTORY, QUEUE, state());
    const after = state();
    expect([after.retries.length, after.retries.at(-1)]).toEqual([100_000, retryOf(199_998, 2)]);
    expect([...after.settled].length).toBe(2);
  });

  it('of a thread’s earlier incarnations are replaced by its present one, which goes on counting', () => {
    writeLog('t1-9.log', [0, 1, 5], [retryOf(2, 1), retryOf(3, 1), retryOf(8, 4)]);
    writeLog('t1-10.log', [2], [retryOf(3, 2)]);
    writeLog('t10-8.log', [4]);
    writeLog('main-7.log', [8]);
    const log = newLog('t1-11.log');
    replaceEarlierLogs(files, DIRECTORY, log, 't1-11.log', [...state().settled]);
    expect(files.list(DIRECTORY)).toEqual(['main-7.log', 't1-11.log', 't10-8.log']);
    log.add(SettleKind.ACKNOWLEDGED, 6, 10);
    log.flush();
    log.compact([...state().settled], state().retries);
    expect(saidNow()).toEqual({ settled: [0, 1, 2, 4, 5, 6, 8], retries: [retryOf(3, 2)], tallies: acknowledged(7) });
    expect([log.settled, log.settledBytes]).toEqual([1, 10]);
    expect(recountWriter(files, DIRECTORY, QUEUE, 1)).toEqual(acknowledged(5));
    log.close();
  });

  it('of a thread that ended before it had settled anything go when it is recounted', () => {
    writeLog('t1-9.log', [0]);
    writeLog('t1-10.log', []);
    writeLog('t2-11.log', []);
    expect(recountWriter(files, DIRECTORY, QUEUE, 1)).toEqual(acknowledged(1));
    expect(files.list(DIRECTORY)).toEqual(['t1-9.log', 't2-11.log']);
  });

  it('are all read, also when one is replaced by another that was read before', () => {
    writeLog('t1-9.log', [0, 1], [retryOf(2, 1)]);
    const name = 't1-10.log';
    const log = newLog(name);
    files.hook = ({ kind, path }) => {
      if (kind !== 'open' || !path.endsWith('t1-9.log')) return undefined;
      files.hook = undefined;
      replaceEarlierLogs(files, DIRECTORY, log, name, []);
      return undefined;
    };
    expect(saidNow()).toEqual({ settled: [0, 1], retries: [retryOf(2, 1)], tallies: acknowledged(2) });
    expect(files.list(DIRECTORY)).toEqual([name]);
    log.close();
  });

  it('that belong to another queue say nothing of this one, and are named', () => {
    writeLog('t0-1.log', [1]);
    const { settled, damaged } = readSettledState(files, DIRECTORY, QUEUE + 1);
    expect([...settled]).toEqual([]);
    expect(damaged).toEqual([{ name: 't0-1.log', problem: expect.stringContaining(`of queue ${QUEUE}`) }]);
  });

  it('that are damaged are set aside once what could be read of them is merged', () => {
    writeLog('t0-1.log', [1, 3]);
    writeLog('t1-2.log', [5]);
    const path = `${DIRECTORY}/t0-1.log`;
    const bytes = readWhole(files, path);
    files.remove(path);
    const damaged = files.create(path);
    damaged.append(bytes.with(SETTLE_RECORD_BYTES + 8, 0xff));
    damaged.close();
    const state = readSettledState(files, DIRECTORY, QUEUE);
    const aside: string[] = [];
    mergeLogs(files, DIRECTORY, QUEUE, state, (each) => {
      aside.push(each);
      files.remove(each);
    });
    expect(aside).toEqual([path]);
    expect([...readSettledState(files, DIRECTORY, QUEUE).settled]).toEqual([
      { from: 3, to: 4 },
      { from: 5, to: 6 },
    ]);
  });
});
