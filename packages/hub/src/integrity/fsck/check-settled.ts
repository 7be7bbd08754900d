// Checks the settle logs of a queue, record by record. What a damaged one said was settled comes again, so nothing is lost
// with it; a repair writes all that can be read of the logs into one new log.
import { crc32 } from 'node:zlib';
import { readWhole } from '../../files/files.js';
import { viewOf } from '../../journal/record.js';
import { readSettleLog, SETTLE_RECORD_BYTES, settledBy } from '../../settlement/settle-record.js';
import { mergeLogs, readSettledState } from '../../settlement/settled-state.js';
import { below, type Examined, type ExaminedQueue, problemOf } from './examined.js';
import { type ByteRange, damage, type Found, note } from './finding.js';
import { recover } from './recover.js';

const COMES_AGAIN = 'what was settled there comes again';

/** @param enqueued How many entries the journal has put into the queue. */
export function* checkSettleLogs(examined: Examined, queue: ExaminedQueue, enqueued: number): Generator<Found, void> {
  const directory = `${queue.record.directory}/settled`;
  for (const name of examined.files.list(directory)) {
    if (name.endsWith('.log')) yield* checkLog(examined, queue, `${directory}/${name}`, enqueued);
  }
}

function* checkLog(examined: Examined, queue: ExaminedQueue, path: string, enqueued: number): Generator<Found, void> {
  const { files } = examined;
  const at = { path: below(examined, path) };
  const mend = {
    repair: 'it is set aside, and all that can be read of the queue’s logs is written into a new one',
    mend: () => mergeAnew(examined, queue),
  };
  let content: ReturnType<typeof readSettleLog>;
  try {
    content = readSettleLog(files, path, queue.record.number);
  } catch (error) {
    yield damage({ ...at, problem: `${problemOf(error)}; ${COMES_AGAIN}`, ...mend });
    return;
  }
  const bytes = readWhole(files, path);
  if (content.damagedHeader) {
    const header = { from: 0, to: SETTLE_RECORD_BYTES };
    yield damage({
      ...at,
      bytes: header,
      problem: 'its header is not what was written; its records can be read',
      ...mend,
    });
  }
  for (const range of damagedRecords(bytes)) {
    const count = Math.ceil((range.to - range.from) / SETTLE_RECORD_BYTES);
    const records = count === 1 ? 'a record is' : `${count} records are`;
    yield damage({ ...at, bytes: range, problem: `${records} not what was written; ${COMES_AGAIN}`, ...mend });
  }
  if (content.tornBytes > 0) {
    const from = bytes.byteLength - content.tornBytes;
    // Only a hub that was killed leaves one.
    const found = examined.clean ? damage : note;
    const torn = { from, to: bytes.byteLength };
    const keepTorn = () => {
      keepCopy(examined, path, torn);
      mergeAnew(examined, queue);
    };
    yield found({
      ...at,
      bytes: torn,
      problem: `it ends in the middle of a record; ${COMES_AGAIN}`,
      ...mend,
      mend: keepTorn,
    });
  }
  const beyond = content.records.filter((record) => (settledBy(record)?.to ?? 0) > enqueued).length;
  if (beyond === 0) return;
  const problem = `${beyond} of its records tell of entries that are in no segment: the journal’s end is missing`;
  yield damage({ ...at, problem, ...recover(examined) });
}

/** Ranges of records that are damaged, and that true ones follow. */
function damagedRecords(bytes: Uint8Array): ByteRange[] {
  const view = viewOf(bytes);
  const ranges: ByteRange[] = [];
  let end = SETTLE_RECORD_BYTES;
  for (let at = end; at + SETTLE_RECORD_BYTES <= bytes.byteLength; at += SETTLE_RECORD_BYTES) {
    if (view.getUint32(at, true) !== crc32(bytes.subarray(at + 4, at + SETTLE_RECORD_BYTES))) continue;
    if (at > end) ranges.push({ from: end, to: at });
    end = at + SETTLE_RECORD_BYTES;
  }
  return ranges;
}

function keepCopy({ files, quarantine }: Examined, path: string, { from, to }: ByteRange): void {
  const file = files.open(path);
  try {
    quarantine.keepCopy('settle-log', path, file, from, to);
  } finally {
    file.close();
  }
}

function mergeAnew({ files, quarantine }: Examined, { record }: ExaminedQueue): void {
  const directory = `${record.directory}/settled`;
  const state = readSettledState(files, directory, record.number);
  mergeLogs(files, directory, record.number, state, (path) => quarantine.moveAside('settle-log', path));
}
