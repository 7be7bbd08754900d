// What all settle logs of one queue say together. Reading them is free of order: settled in any is settled.
import { type Files, isMissing } from '../files/files.js';
import { type Interval, IntervalSet } from '../queue/interval-set.js';
import { SettleLog } from './settle-log.js';
import { isOutcome, readSettleLog, SettleKind } from './settle-record.js';

const LOG_NAME = /^(main|t\d+)-(\d+)\.log$/;

/** How often all is read again because a log went meanwhile: as often as threads start, which is seldom. */
const MOST_READINGS = 10;

export interface SettledState {
  /** Ordinals that are settled. */
  readonly settled: IntervalSet;
  /** The logs that were read. */
  readonly logs: readonly string[];
  /** An incarnation number that no log bears yet. */
  readonly nextIncarnation: number;
  /** Bytes of torn writes at the ends of logs. */
  readonly tornBytes: number;
}

/** The name of the log that one thread writes in one incarnation; `main` for the main thread's own. */
export function settleLogName(writer: number | 'main', incarnation: number): string {
  return `${writer === 'main' ? 'main' : `t${writer}`}-${incarnation}.log`;
}

/**
 * Reads all settle logs of a queue. What is settled by then in any of them is seen, also while threads replace logs.
 *
 * @param directory The queue's `settled/` directory.
 * @throws DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED naming the log.
 */
export function readSettledState(files: Files, directory: string, queueNumber: number): SettledState {
  for (let reading = 1; ; reading++) {
    try {
      return readOnce(files, directory, queueNumber);
    } catch (error) {
      // What it said is in a log that may have been read before.
      if (!isMissing(error) || reading === MOST_READINGS) throw error;
    }
  }
}

function readOnce(files: Files, directory: string, queueNumber: number): SettledState {
  const intervals: Interval[] = [];
  const logs: string[] = [];
  let nextIncarnation = 1;
  let tornBytes = 0;
  for (const name of files.list(directory)) {
    const match = LOG_NAME.exec(name);
    if (match === null) continue;
    logs.push(name);
    nextIncarnation = Math.max(nextIncarnation, Number(match[2]) + 1);
    const content = readSettleLog(files, `${directory}/${name}`, queueNumber);
    tornBytes += content.tornBytes;
    for (const record of content.records) {
      if (record.kind === SettleKind.BELOW) intervals.push({ from: 0, to: record.ordinal });
      else if (isOutcome(record.kind) || record.kind === SettleKind.ELSEWHERE) {
        intervals.push({ from: record.ordinal, to: record.ordinal + record.count });
      }
    }
  }
  return { settled: IntervalSet.of(intervals), logs, nextIncarnation, tornBytes };
}

/**
 * Replaces all logs of a queue by one that says the same. Only while no thread of the queue runs.
 * Cut off anywhere, the old and the new together still say the same.
 */
export function mergeLogs(files: Files, directory: string, queueNumber: number, state: SettledState): void {
  const name = settleLogName('main', state.nextIncarnation);
  const log = new SettleLog({ files, directory, name, queueNumber });
  log.compact([...state.settled]);
  log.close();
  for (const old of state.logs) files.remove(`${directory}/${old}`);
  // What a compaction left that was cut off.
  for (const left of files.list(directory)) {
    if (left.endsWith('.tmp')) files.remove(`${directory}/${left}`);
  }
  files.syncDirectory(directory);
}

/**
 * Puts the log of a thread that starts in the place of those that it had in its earlier incarnations: however often it
 * ends, there is one. Cut off anywhere, the old and the new together still say the same.
 *
 * @param name The log's name.
 * @param settled What is settled in all: {@link SettleLog.compact}; with all that the earlier ones say.
 */
export function replaceEarlierLogs(
  files: Files,
  directory: string,
  log: SettleLog,
  name: string,
  settled: readonly Interval[],
): void {
  const [, writer, incarnation] = LOG_NAME.exec(name) ?? [];
  const earlier = files.list(directory).filter((each) => {
    const match = LOG_NAME.exec(each);
    return match !== null && match[1] === writer && Number(match[2]) < Number(incarnation);
  });
  if (earlier.length === 0) return;
  log.compact(settled);
  for (const each of earlier) files.remove(`${directory}/${each}`);
}
