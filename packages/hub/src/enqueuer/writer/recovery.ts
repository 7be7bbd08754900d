// Opens the journal as the last hub left it. After a clean stop the last segment's header and index footers
// say all; else its torn tail is cut, and its index files are made anew from its records.
import { PenstockError } from '../../errors.js';
import type { File, Files } from '../../files/files.js';
import { readRef, readRoute } from '../../journal/encode.js';
import { AT, RecordKind } from '../../journal/record.js';
import { type ScanEnd, scanSegment } from '../../journal/scan.js';
import { positionOfName, readSegmentHeader, type SegmentHeader } from '../../journal/segment.js';
import { indexName, summarizeIndex } from '../../queue/index-file.js';
import type { OpenReport } from '../protocol.js';
import { addToQueues, type KeyedRoute, keyedRoute } from './keyed-route.js';
import type { EnqueuedQueue } from './writer-queue.js';

type Queues = ReadonlyMap<number, EnqueuedQueue>;

const COPY_BYTES = 1 << 20;

/**
 * Brings every queue to where the journal says it stands.
 *
 * @param clean Whether the last hub stopped as it should.
 * @throws DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED, naming the file.
 */
export function openJournal(files: Files, directory: string, queues: Queues, clean: boolean): OpenReport {
  for (const each of [directory, ...[...queues.values()].map((queue) => queue.directory)]) removeBegun(files, each);
  const names = files.list(directory).filter((name) => positionOfName(name, '.seg') !== undefined);
  const name = names.pop();
  if (name === undefined) return openEmpty(files, directory, queues);

  const path = `${directory}/${name}`;
  const file = files.open(path);
  try {
    const header = readSegmentHeader(file, path);
    for (const queue of queues.values()) {
      const base = header.queues.find(({ number }) => number === queue.number);
      queue.begin(base ?? { enqueued: 0, enqueuedBytes: 0 });
    }
    if (clean && addClosedIndexes(files, header, queues)) {
      return { nextPosition: header.firstPosition + file.size() - header.headerBytes, cut: undefined };
    }
    const end = rebuildIndexes(files, file, header, queues);
    // What follows in a reused segment is an older one's, but for the record that was being written.
    const cutBytes = header.reused ? end.begunBytes : file.size() - end.offset;
    keepFirst(files, directory, name, file, end.offset);
    return {
      nextPosition: end.position,
      cut: cutBytes === 0 ? undefined : { segment: name, keptBytes: end.offset, cutBytes },
    };
  } finally {
    file.close();
  }
}

/** Removes the files that the last hub had begun under another name than theirs. */
function removeBegun(files: Files, directory: string): void {
  for (const name of files.list(directory)) {
    if (name.endsWith('.tmp')) files.remove(`${directory}/${name}`);
  }
}

function openEmpty(files: Files, directory: string, queues: Queues): OpenReport {
  for (const queue of queues.values()) {
    if (files.list(queue.directory).some((name) => positionOfName(name, '.idx') !== undefined)) {
      throw new PenstockError(
        'DATA_DAMAGED',
        `${directory} has no segment, but queue "${queue.name}" has entries; put the journal's files back, or remove the data directory to begin anew`,
      );
    }
    queue.begin({ enqueued: 0, enqueuedBytes: 0 });
  }
  return { nextPosition: 0, cut: undefined };
}

/** Counts what the last segment's index files hold; false when one lacks its footer. */
function addClosedIndexes(files: Files, header: SegmentHeader, queues: Queues): boolean {
  for (const queue of queues.values()) {
    const name = indexName(header.firstPosition);
    if (!files.list(queue.directory).includes(name)) continue;
    const summary = summarizeIndex(files, `${queue.directory}/${name}`);
    if (!summary.closed) return false;
    const { baseOrdinal, baseBytes } = summary.header;
    queue.begin({ enqueued: baseOrdinal + summary.entries, enqueuedBytes: baseBytes + summary.bytes });
  }
  return true;
}

/** Makes the segment's index files anew, up to its first record that is not whole. */
function rebuildIndexes(files: Files, file: File, header: SegmentHeader, queues: Queues): ScanEnd {
  for (const queue of queues.values()) {
    queue.begin(header.queues.find(({ number }) => number === queue.number) ?? { enqueued: 0, enqueuedBytes: 0 });
    files.remove(`${queue.directory}/${indexName(header.firstPosition)}`);
  }
  // A queue that was removed is in the routes still.
  const existing = (numbers: readonly number[]) =>
    numbers.map((number) => queues.get(number)).filter((queue) => queue !== undefined);
  const routes: KeyedRoute[] = [];
  const end = scanSegment(file, header, (record) => {
    const { view, at } = record;
    const number = view.getUint32(at + AT.route, true);
    switch (view.getUint8(at + AT.kind)) {
      case RecordKind.DATA:
        addToQueues(routes[number] ?? [], header.firstPosition, record);
        break;
      case RecordKind.ROUTE:
        routes[number] = keyedRoute(existing(readRoute(view, at)));
        break;
      case RecordKind.REF:
        readRef(view, at, (...entry) => queues.get(number)?.add(header.firstPosition, ...entry));
        break;
    }
    return true;
  });
  for (const queue of queues.values()) {
    queue.endSegment();
    // Not by a commit: what is settled is not known yet, and nothing of this is a peak of the backlog.
    queue.begin(queue.base);
    files.syncDirectory(queue.directory);
  }
  return end;
}

/**
 * Replaces a segment by its first `bytes`, written anew: after a sync that failed, what the page cache shows of a
 * file need not be on the disk.
 */
function keepFirst(files: Files, directory: string, name: string, from: File, bytes: number): void {
  const temporary = `${directory}/${name}.tmp`;
  const to = files.create(temporary);
  try {
    const chunk = new Uint8Array(COPY_BYTES);
    for (let at = 0; at < bytes; ) {
      const got = from.read(chunk.subarray(0, Math.min(COPY_BYTES, bytes - at)), at);
      if (got === 0)
        throw new PenstockError('DATA_DAMAGED', `journal segment ${directory}/${name} shrank while it was read`);
      to.append(chunk.subarray(0, got));
      at += got;
    }
    to.sync();
  } finally {
    to.close();
  }
  files.rename(temporary, `${directory}/${name}`);
  files.syncDirectory(directory);
}
