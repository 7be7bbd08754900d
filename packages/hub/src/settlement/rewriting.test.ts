// Settle logs are rewritten in three ways: compacted while they are written, put in the place of an ended thread's, and
// merged at start. Wherever that is cut off, by a kill or by a loss of power, they say the same together.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../files/memory-files.js';
import { SettleLog } from './settle-log.js';
import { mergeLogs, readSettledState, replaceEarlierLogs, settleLogName } from './settled-state.js';
import { anyEnding, type Ending, NaiveSettling, said } from './settling.fixture.js';

const DIRECTORY = '/settled';
const QUEUE = 9;
/** The first two are one thread's, in two incarnations. */
const NAMES = [settleLogName(1, 9), settleLogName(1, 10), settleLogName(10, 8), settleLogName('overflow', 7)];

const anyEndings = fc.array(anyEnding(NAMES.length), { maxLength: 60 });
const loss = fc.constantFrom('loseProcess' as const, 'losePower' as const);
/** Part of what is appended when it is cut off. */
const torn = fc.nat({ max: 400 });

/** A disk with these logs on it, durably; they are still open. */
class Rig {
  readonly files = new MemoryFiles();
  readonly naive = new NaiveSettling();
  readonly logs: readonly SettleLog[];

  constructor(endings: readonly Ending[]) {
    this.files.makeDirectory(DIRECTORY);
    this.files.syncDirectory('');
    this.logs = NAMES.map((name) => this.newLog(name));
    this.add(endings);
  }

  add(endings: readonly Ending[]): void {
    for (const ending of endings) this.naive.take(ending, this.logs[ending.log] as SettleLog);
    for (const log of this.logs) {
      log.flush();
      log.sync();
    }
  }

  newLog(name: string): SettleLog {
    return new SettleLog({ files: this.files, directory: DIRECTORY, name, queueNumber: QUEUE });
  }

  said() {
    return said(this.files, DIRECTORY, QUEUE);
  }

  merge(): void {
    mergeLogs(this.files, DIRECTORY, QUEUE, readSettledState(this.files, DIRECTORY, QUEUE));
  }
}

type Rewriting = (rig: Rig) => void;
const compaction: Rewriting = ({ logs, naive }) => logs[2]?.compact(naive.settled, naive.retriesIn(2));
const replacement: Rewriting = (rig) => {
  const name = settleLogName(1, 11);
  replaceEarlierLogs(rig.files, DIRECTORY, rig.newLog(name), name, rig.naive.settled);
};
const unknowingReplacement: Rewriting = (rig) => {
  const name = settleLogName(1, 11);
  replaceEarlierLogs(rig.files, DIRECTORY, rig.newLog(name), name, []);
};
const merging: Rewriting = (rig) => rig.merge();

describe.each([
  ['compacting one of them', compaction],
  ['putting one in the place of its thread’s earlier ones', replacement],
  ['doing so when nothing else is known', unknowingReplacement],
  ['merging them', merging],
])('settle logs, on %s', (_, rewrite) => {
  it('say the same, wherever it is cut off', () => {
    fc.assert(
      fc.property(anyEndings, loss, torn, (endings, lose, written) => {
        for (let step = 0; ; step++) {
          const rig = new Rig(endings);
          let left = step;
          rig.files.hook = () => (--left < 0 ? { error: new Error('killed'), written } : undefined);
          let killed = false;
          try {
            rewrite(rig);
          } catch {
            killed = true;
          }
          rig.files[lose]();
          expect(rig.said(), `cut off at operation ${step}`).toEqual(rig.naive.said);
          rig.merge();
          expect(rig.said(), `merged after it was cut off at operation ${step}`).toEqual(rig.naive.said);
          expect(rig.files.list(DIRECTORY).length).toBe(1);
          if (!killed) break;
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('settle logs', () => {
  it('say the same after any writing and compacting, in any order', () => {
    const compact = fc.record({ compact: fc.nat({ max: NAMES.length - 1 }) });
    const steps = fc.array(fc.oneof(fc.array(anyEnding(NAMES.length), { maxLength: 10 }), compact), { maxLength: 20 });
    fc.assert(
      fc.property(steps, (all) => {
        const rig = new Rig([]);
        const { naive, logs } = rig;
        for (const step of all) {
          if ('compact' in step) logs[step.compact]?.compact(naive.settled, naive.retriesIn(step.compact));
          else rig.add(step);
          expect(rig.said()).toEqual(naive.said);
        }
        for (const log of logs) log.close();
        rig.merge();
        expect(rig.said()).toEqual(naive.said);
      }),
      { numRuns: 200 },
    );
  });
});
