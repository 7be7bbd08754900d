// What all settle logs of one queue say together. Reading them is free of order: settled in any is settled, an outcome
// beats a retry, the highest attempt wins, and a log that another replaces is left out, as if it were gone already.
import { PenstockError } from '../errors.js';
import { type Files, isMissing } from '../files/files.js';
import { type Interval, IntervalSet } from '../queue/interval-set.js';
import { PendingRetries } from './pending-retries.js';
import { SettleLog } from './settle-log.js';
import {
  type PendingRetry,
  readSettleLog,
  SettleKind,
  type SettleRecord,
  settledBy,
  type Tally,
} from './settle-record.js';
import { Tallies } from './tallies.js';

const LOG_NAME = /^(main|overflow|t\d+)-(\d+)\.log$/;

/** How often all is read again because a log went meanwhile: as often as threads start, which is seldom. */
const MOST_READINGS = 10;

/** Who writes a log: a thread by its index, the thread that takes out what is too much, or the main thread. */
export type LogWriter = number | 'overflow' | 'main';

export interface SettledState {
  /** Ordinals that are settled. */
  readonly settled: IntervalSet;
  /** Entries that have failed and are not settled, in order of ordinals. */
  readonly retries: readonly PendingRetry[];
  /**
   * Deliveries that have begun and of whose end nothing is known, in order of ordinals: of a hub that was killed or has
   * crashed while it wrote them down.
   */
  readonly starts: readonly PendingRetry[];
  /** How many were settled with which outcome, for which reason, since there is the queue. */
  readonly tallies: readonly Tally[];
  /** How many of them became dead letters, ever and since the logs were last merged, which is since the last start. */
  readonly dead: { readonly ever: number; readonly sinceStart: number };
  /** The logs that were read. */
  readonly logs: readonly string[];
  /** An incarnation number that no log bears yet. */
  readonly nextIncarnation: number;
  /** Bytes of torn writes at the ends of logs. */
  readonly tornBytes: number;
  /** Logs of which not all could be read, torn ends left aside. */
  readonly damaged: readonly DamagedLog[];
}

/** A log that is not what was written. */
export interface DamagedLog {
  readonly name: string;
  /** What is wrong with it. */
  readonly problem: string;
}

/**
 * The name of the log that a writer has in one incarnation.
 *
 * @param incarnation Never used before by this writer, and above that of the log that all were last merged into: that
 *   one replaces all below it.
 */
export function settleLogName(writer: LogWriter, incarnation: number): string {
  return `${writerName(writer)}-${incarnation}.log`;
}

/**
 * Reads all settle logs of a queue. What is settled by then in any of them is seen, also while threads replace logs.
 *
 * @param directory The queue's `settled/` directory.
 * @throws DATA_FORMAT_UNSUPPORTED naming the log.
 */
export function readSettledState(files: Files, directory: string, queueNumber: number): SettledState {
  for (let reading = 1; ; reading++) {
    try {
      const logs = listLogs(files, directory).map((log) => readLog(files, directory, queueNumber, log));
      return {
        ...combine(logs),
        dead: { ever: countDead(logs), sinceStart: countDead(logs.filter(({ writer }) => writer !== 'main')) },
        logs: logs.map(({ name }) => name),
        nextIncarnation: logs.reduce((next, { incarnation }) => Math.max(next, incarnation + 1), 1),
        tornBytes: logs.reduce((sum, { tornBytes }) => sum + tornBytes, 0),
        damaged: logs.flatMap(({ name, problem }) => (problem === undefined ? [] : [{ name, problem }])),
      };
    } catch (error) {
      // What it said is in a log that may have been read before.
      if (!isMissing(error) || reading === MOST_READINGS) throw error;
    }
  }
}

/**
 * What one writer has settled since its queue's logs were {@link mergeLogs merged}: in all its incarnations since the
 * hub started. Only while it is down; removes those of its logs that say nothing.
 */
export function recountWriter(
  files: Files,
  directory: string,
  queueNumber: number,
  writer: LogWriter,
): readonly Tally[] {
  const own = listLogs(files, directory)
    .filter((log) => log.writer === writerName(writer))
    .map((log) => readLog(files, directory, queueNumber, log));
  // One that keeps ending at once would leave a file each time.
  for (const { name, records, problem } of own) {
    if (records.length === 0 && problem === undefined) files.remove(`${directory}/${name}`);
  }
  return combine(own).tallies;
}

/**
 * Replaces all logs of a queue by one that says the same. Only while no thread of the queue runs.
 * Cut off anywhere, the old and the new together still say the same.
 *
 * @param setAside Keeps a damaged log; removed as the others are by default.
 */
export function mergeLogs(
  files: Files,
  directory: string,
  queueNumber: number,
  state: SettledState,
  setAside: (path: string, problem: string) => void = (path) => files.remove(path),
): void {
  const { settled, retries, tallies, nextIncarnation } = state;
  const name = settleLogName('main', nextIncarnation);
  const log = new SettleLog({ files, directory, name, queueNumber });
  log.compact([...settled], retries, { below: nextIncarnation, tallies });
  log.close();
  for (const { name: damaged, problem } of state.damaged) setAside(`${directory}/${damaged}`, problem);
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
 * @param log Nothing was added to it yet.
 * @param name The log's name.
 * @param settled What else is known to be settled, by whomever: joined to what the earlier logs say, it makes it short.
 */
export function replaceEarlierLogs(
  files: Files,
  directory: string,
  log: SettleLog,
  name: string,
  settled: readonly Interval[],
): void {
  const { writer, incarnation } = parseLogName(name) as LogName;
  const earlier = listLogs(files, directory)
    .filter((each) => each.writer === writer && each.incarnation < incarnation)
    .map((each) => readLog(files, directory, log.queueNumber, each));
  if (earlier.length === 0) return;
  const state = combine(earlier);
  const known = IntervalSet.of([...state.settled, ...settled]);
  const retries = state.retries.filter(({ ordinal }) => !known.has(ordinal));
  log.compact([...known], retries, { below: incarnation, tallies: state.tallies });
  for (const each of earlier) files.remove(`${directory}/${each.name}`);
}

interface LogName {
  readonly name: string;
  readonly writer: string;
  readonly incarnation: number;
}

interface ReadLog extends LogName {
  readonly records: readonly SettleRecord[];
  readonly tornBytes: number;
  readonly problem: string | undefined;
}

const writerName = (writer: LogWriter): string => (typeof writer === 'number' ? `t${writer}` : writer);

function parseLogName(name: string): LogName | undefined {
  const [, writer, incarnation] = LOG_NAME.exec(name) ?? [];
  return writer === undefined ? undefined : { name, writer, incarnation: Number(incarnation) };
}

const listLogs = (files: Files, directory: string): LogName[] =>
  files
    .list(directory)
    .map(parseLogName)
    .filter((log) => log !== undefined);

function readLog(files: Files, directory: string, queueNumber: number, log: LogName): ReadLog {
  try {
    const content = readSettleLog(files, `${directory}/${log.name}`, queueNumber);
    const { records, tornBytes, damagedRecords, damagedHeader } = content;
    const problems = [
      ...(damagedHeader ? ['its header is damaged'] : []),
      ...(damagedRecords > 0
        ? [`${damagedRecords} of its records ${damagedRecords === 1 ? 'is' : 'are'} damaged`]
        : []),
    ];
    return { ...log, records, tornBytes, problem: problems.length === 0 ? undefined : problems.join(', ') };
  } catch (error) {
    // Not this queue's: what it says is of other entries.
    if (!(error instanceof PenstockError) || error.code !== 'DATA_DAMAGED') throw error;
    return { ...log, records: [], tornBytes: 0, problem: error.message };
  }
}

function combine(logs: readonly ReadLog[]): Pick<SettledState, 'settled' | 'retries' | 'starts' | 'tallies'> {
  const intervals: Interval[] = [];
  const retries = new PendingRetries();
  const tallies = new Tallies();
  for (const record of withoutReplaced(logs).flatMap(({ records }) => records)) {
    const interval = settledBy(record);
    if (interval !== undefined) intervals.push(interval);
    switch (record.kind) {
      case SettleKind.BELOW:
      case SettleKind.ELSEWHERE:
        break;
      case SettleKind.RETRY:
        retries.add(record);
        break;
      case SettleKind.START:
        retries.addStart(record);
        break;
      case SettleKind.LEFT:
        retries.addLeft(record);
        break;
      case SettleKind.TALLY:
        tallies.addAll([record]);
        break;
      default:
        tallies.add(record.kind, record.reason, record.count, record.bytes);
    }
  }
  const settled = IntervalSet.of(intervals);
  return { settled, retries: retries.unsettled(settled), starts: retries.unended(settled), tallies: [...tallies] };
}

function countDead(logs: readonly ReadLog[]): number {
  const tallies = combine(logs).tallies.filter(({ outcome }) => outcome === SettleKind.DEAD);
  return tallies.reduce((sum, { count }) => sum + count, 0);
}

/** A log that replaces others counts what they say: where they are still there, they would be counted twice. */
function withoutReplaced(logs: readonly ReadLog[]): ReadLog[] {
  const replaced = new Map<string, number>();
  for (const { writer, records } of logs) {
    const [first] = records;
    if (first?.kind !== SettleKind.BELOW) continue;
    replaced.set(writer, Math.max(first.replaces, replaced.get(writer) ?? 0));
  }
  const byMain = replaced.get('main') ?? 0;
  return logs.filter(({ writer, incarnation }) => incarnation >= Math.max(byMain, replaced.get(writer) ?? 0));
}
