// A settle log says, after anything that was done to it, what was settled and how much; not more, and not less.
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryFiles } from '../files/memory-files.js';
import { type Interval, IntervalSet } from '../queue/interval-set.js';
import { RECORDS_PER_FLUSH, SettleLog } from './settle-log.js';
import { type PendingRetry, readSettleLog, SETTLE_RECORD_BYTES, SettleKind, SettleReason } from './settle-record.js';
import { readSettledState } from './settled-state.js';

const DIRECTORY = '/settled';
const NAME = 't0-1.log';
const QUEUE = 1;

let files: MemoryFiles;
beforeEach(() => {
  files = new MemoryFiles();
  files.makeDirectory(DIRECTORY);
});

const newLog = (name = NAME): SettleLog => new SettleLog({ files, directory: DIRECTORY, name, queueNumber: QUEUE });

/** What the logs say was settled, as it is counted when a thread has ended. */
function tally(): { count: number; bytes: number } {
  const { tallies } = readSettledState(files, DIRECTORY, QUEUE);
  return {
    count: tallies.reduce((sum, { count }) => sum + count, 0),
    bytes: tallies.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

const retryOf = (ordinal: number): PendingRetry => ({
  ordinal,
  attempt: 1 + (ordinal % 0xffff),
  crashes: ordinal % 0xff,
  delayMs: 0xffff_ffff - ordinal,
  failedAt: 1_764_000_000_000.5 + ordinal,
  firstAt: 1_763_000_000_000.25 + ordinal,
});

/** What is settled in all: the ordinals, and everything below a floor. */
const settledWith = (ordinals: Iterable<number>, floor = 0): Interval[] => [
  ...IntervalSet.of([{ from: 0, to: floor }, ...[...ordinals].map((ordinal) => ({ from: ordinal, to: ordinal + 1 }))]),
];

const settledOnDisk = (): IntervalSet => readSettledState(files, DIRECTORY, QUEUE).settled;

const SPAN = 60;
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      ordinal: fc.nat({ max: SPAN - 1 }),
      damaged: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('add-next' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sync' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('compact' as const) }) },
);

describe('a settle log', () => {
  it('says what was settled, and counts it, after any order of settling, flushing and compacting', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        files = new MemoryFiles();
        files.makeDirectory(DIRECTORY);
        const log = newLog();
        const noted = new Set<number>();
        let flushed = new Set<number>();
        // What others have settled: whatever this log has not, below a floor that it was compacted to.
        let floor = 0;
        const bytesOf = (ordinal: number) => 100 + ordinal;
        const add = (ordinal: number, damaged: boolean) => {
          if (noted.has(ordinal) || ordinal < floor) return;
          noted.add(ordinal);
          log.add(damaged ? SettleKind.DAMAGED : SettleKind.ACKNOWLEDGED, ordinal, bytesOf(ordinal));
        };
        for (const each of steps) {
          if (each.do === 'add') add(each.ordinal, each.damaged);
          else if (each.do === 'add-next') add(Math.max(-1, ...noted) + 1, false);
          else if (each.do === 'sync') log.sync();
          else {
            if (each.do === 'flush') log.flush();
            else {
              while (noted.has(floor) || floor % 3 === 1) floor++;
              log.compact(settledWith(noted, floor));
            }
            flushed = new Set(noted);
            expect(log.dirty).toBe(false);
          }
        }
        const written = [...flushed];
        expect(tally()).toEqual({
          count: written.length,
          bytes: written.reduce((sum, each) => sum + bytesOf(each), 0),
        });
        const settled = settledOnDisk();
        for (let ordinal = 0; ordinal < 2 * SPAN; ordinal++) {
          expect(settled.has(ordinal), `${ordinal}`).toBe(ordinal < floor || flushed.has(ordinal));
        }
        log.close();
        expect([log.settled, log.settledBytes]).toEqual([tally().count, tally().bytes]);
        for (const ordinal of noted) expect(settledOnDisk().has(ordinal)).toBe(true);
        expect(files.openFiles).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('makes one record of entries that settle in order', () => {
    const log = newLog();
    for (let ordinal = 10; ordinal < 1_000; ordinal++) log.add(SettleKind.ACKNOWLEDGED, ordinal, 5);
    log.flush();
    expect(readSettleLog(files, `${DIRECTORY}/${NAME}`, QUEUE).records).toEqual([
      { kind: SettleKind.ACKNOWLEDGED, reason: SettleReason.NONE, ordinal: 10, count: 990, bytes: 4_950 },
    ]);
    log.close();
  });

  it('makes one record of entries that settle in order with one outcome and reason, also while others fail', () => {
    const log = newLog();
    for (let ordinal = 0; ordinal < 10; ordinal++) {
      log.add(SettleKind.DROPPED, ordinal, 5, ordinal < 6 ? SettleReason.CONSUMER : SettleReason.QUEUE_FULL);
      log.retry(retryOf(100 + ordinal));
    }
    log.add(SettleKind.DEAD, 10, 5, SettleReason.QUEUE_FULL);
    log.flush();
    const { records } = readSettleLog(files, `${DIRECTORY}/${NAME}`, QUEUE);
    expect(records.filter(({ kind }) => kind !== SettleKind.RETRY)).toEqual([
      { kind: SettleKind.DROPPED, reason: SettleReason.CONSUMER, ordinal: 0, count: 6, bytes: 30 },
      { kind: SettleKind.DROPPED, reason: SettleReason.QUEUE_FULL, ordinal: 6, count: 4, bytes: 20 },
      { kind: SettleKind.DEAD, reason: SettleReason.QUEUE_FULL, ordinal: 10, count: 1, bytes: 5 },
    ]);
    log.close();
  });

  it('remembers an entry that failed, and does not count it as settled', () => {
    const log = newLog();
    log.retry(retryOf(3));
    expect([log.dirty, readSettledState(files, DIRECTORY, QUEUE).retries]).toEqual([true, []]);
    log.flush();
    expect(readSettledState(files, DIRECTORY, QUEUE)).toMatchObject({ retries: [retryOf(3)], tallies: [] });
    expect([log.dirty, log.settled, log.settledBytes, settledOnDisk().has(3)]).toEqual([false, 0, 0, false]);
    log.close();
  });

  it('forgets no retry while its buffer fills', () => {
    const log = newLog();
    const retries = Array.from({ length: RECORDS_PER_FLUSH * 2 + 10 }, (_, index) => retryOf(index));
    for (const retry of retries) log.retry(retry);
    log.add(SettleKind.ACKNOWLEDGED, retries.length, 1);
    log.flush();
    expect(readSettledState(files, DIRECTORY, QUEUE).retries).toEqual(retries);
    log.close();
  });

  it('writes what it has gathered when there is no more room for it, and loses none', () => {
    const log = newLog();
    const ordinals = Array.from({ length: RECORDS_PER_FLUSH * 2 + 10 }, (_, index) => index * 2);
    for (const ordinal of ordinals) log.add(SettleKind.ACKNOWLEDGED, ordinal, 1);
    log.flush();
    expect([log.settled, tally().count]).toEqual([ordinals.length, ordinals.length]);
    log.close();
  });

  it('keeps its state and its tallies when it is compacted again and again', () => {
    const log = newLog();
    const noted: number[] = [];
    for (let round = 0; round < 20; round++) {
      for (let index = 0; index < 50; index++) {
        noted.push(round * 100 + index * 2);
        log.add(SettleKind.ACKNOWLEDGED, noted.at(-1) as number, 10);
      }
      log.compact(settledWith(noted, round * 100));
      expect(tally()).toEqual({ count: (round + 1) * 50, bytes: (round + 1) * 500 });
      expect([log.settled, log.settledBytes]).toEqual([(round + 1) * 50, (round + 1) * 500]);
    }
    log.compact(settledWith([], 2_000));
    // Its header, BELOW, and a TALLY.
    expect(files.size(`${DIRECTORY}/${NAME}`)).toBe(3 * SETTLE_RECORD_BYTES);
    expect([...settledOnDisk()]).toEqual([{ from: 0, to: 2_000 }]);
    log.close();
  });

  it('asks to be compacted when it has grown, and is then as long as what is settled out of order', () => {
    const log = newLog();
    let compactions = 0;
    // The first is stuck, and the others are settled two ahead.
    const settledBy = (index: number) => [{ from: 1, to: index }];
    for (let index = 1; index < 200_000; index++) {
      log.add(SettleKind.ACKNOWLEDGED, (index - 1) ^ 1, 1);
      if (index % 200 !== 0) continue;
      log.flush();
      if (!log.grown) continue;
      log.compact(settledBy(index));
      expect(files.size(`${DIRECTORY}/${NAME}`)).toBe(4 * SETTLE_RECORD_BYTES);
      compactions++;
    }
    expect(compactions).toBeGreaterThan(0);
    expect(compactions).toBeLessThan(10);
    log.close();
  });

  it('does not ask to be compacted each time something is added to much that has to stay', () => {
    const log = newLog();
    let compactions = 0;
    const settled: Interval[] = [];
    for (let index = 0; index < 200_000; index++) {
      const ordinal = 1 + index * 2;
      log.add(SettleKind.ACKNOWLEDGED, ordinal, 1);
      settled.push({ from: ordinal, to: ordinal + 1 });
      if (index % 200 === 0) log.flush();
      if (!log.grown) continue;
      log.compact(settled);
      compactions++;
    }
    expect(compactions).toBeGreaterThan(0);
    expect(compactions).toBeLessThan(10);
    log.close();
  });

  it('has settled nothing before it is flushed', () => {
    const log = newLog();
    log.add(SettleKind.ACKNOWLEDGED, 0, 10);
    expect([log.dirty, log.settled, settledOnDisk().has(0)]).toEqual([true, 0, false]);
    log.flush();
    expect([log.dirty, log.settled, settledOnDisk().has(0)]).toEqual([false, 1, true]);
    log.close();
  });

  it('writes nothing more after a write that failed, since what that has left would hide it', () => {
    const log = newLog();
    log.add(SettleKind.ACKNOWLEDGED, 0, 10);
    log.flush();
    log.add(SettleKind.ACKNOWLEDGED, 5, 10);
    files.hook = ({ kind }) => (kind === 'append' ? { error: new Error('disk full'), written: 13 } : undefined);
    expect(() => log.flush()).toThrow('disk full');
    files.hook = undefined;
    log.add(SettleKind.ACKNOWLEDGED, 7, 10);
    expect(() => log.flush()).toThrow('disk full');
    expect(() => log.compact(settledWith([0, 5, 7]))).toThrow('disk full');
    expect([...settledOnDisk()]).toEqual([{ from: 0, to: 1 }]);
  });

  it('takes a sync that failed for good: the next one could succeed without what the first was to write', () => {
    const log = newLog();
    log.add(SettleKind.ACKNOWLEDGED, 0, 10);
    log.flush();
    files.hook = ({ kind }) => (kind === 'sync' ? { error: new Error('disk broken'), lies: true } : undefined);
    expect(() => log.sync()).toThrow('disk broken');
    files.hook = undefined;
    expect(() => log.sync()).toThrow('disk broken');
    log.add(SettleKind.ACKNOWLEDGED, 1, 10);
    expect(() => log.flush()).toThrow('disk broken');
  });

  it('keeps through a loss of power what was flushed and synced, its own name too', () => {
    files.syncDirectory('');
    const log = newLog();
    log.add(SettleKind.ACKNOWLEDGED, 0, 10);
    log.flush();
    log.sync();
    log.add(SettleKind.ACKNOWLEDGED, 1, 10);
    log.flush();
    files.losePower();
    expect([...settledOnDisk()]).toEqual([{ from: 0, to: 1 }]);
  });

  it('writes nothing more after a compaction that failed: it could go into a file that no longer has the name', () => {
    const log = newLog();
    log.add(SettleKind.ACKNOWLEDGED, 0, 10);
    files.hook = ({ kind }) => (kind === 'syncDirectory' ? { error: new Error('disk gone') } : undefined);
    expect(() => log.compact(settledWith([0]))).toThrow('disk gone');
    files.hook = undefined;
    log.add(SettleKind.ACKNOWLEDGED, 1, 10);
    expect(() => log.flush()).toThrow('disk gone');
    expect([...settledOnDisk()]).toEqual([{ from: 0, to: 1 }]);
  });
});
