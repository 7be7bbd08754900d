// Makes an index file anew from its segment: in memory for a reader that meets a damaged one, or on disk. All that an index
// file says follows from the journal, and from how far the queue had come when the segment began.
import { crc32 } from 'node:zlib';
import { PenstockError } from '../errors.js';
import { type File, type Files, isMissing, replaceFile } from '../files/files.js';
import type { Entry } from '../journal/encode.js';
import { viewOf } from '../journal/record.js';
import { positionOfName, readSegmentHeader, type SegmentHeader, segmentName } from '../journal/segment.js';
import { readHeaderAnyhow } from '../journal/segment-files.js';
import { ENTRY_BYTES, encodeFooter, encodeIndexHeader, type IndexHeader, indexName } from './index-file.js';
import { type EntriesOwner, isLost, placeRuns, readSegmentEntries } from './segment-entries.js';

export interface IndexSource {
  readonly files: Files;
  readonly journalDirectory: string;
  /** First position of the segment. */
  readonly firstPosition: number;
  readonly queue: EntriesOwner;
  /** How far the queue had come when the segment began; by default, as the segment's header says. */
  readonly base?: Pick<IndexHeader, 'baseOrdinal' | 'baseBytes'> | undefined;
  /** How many entries the queue has in the segment; by default, as the next segment's header says. */
  readonly total?: number | undefined;
}

/** What an index file is to say. */
export interface RebuiltIndex {
  readonly header: IndexHeader;
  /** Those that stand for lost ones have the length 0. */
  readonly entries: readonly Entry[];
  /** How many of them are lost. */
  readonly lost: number;
}

/**
 * Works out what a queue's index file for a segment says.
 *
 * @returns Undefined where that cannot be told: the segment is gone, or nothing says how far the queue had come.
 * @throws DATA_FORMAT_UNSUPPORTED
 */
export function rebuildIndex(source: IndexSource): RebuiltIndex | undefined {
  const { files, journalDirectory, firstPosition, queue } = source;
  const path = `${journalDirectory}/${segmentName(firstPosition)}`;
  const file = openIfThere(files, path);
  if (file === undefined) return undefined;
  try {
    const header = readHeaderAnyhow(file, path, firstPosition);
    const base = source.base ?? (header && baseIn(header, queue.number));
    if (header === undefined || base === undefined) return undefined;
    const next = nextSegment(files, journalDirectory, firstPosition);
    const nextBase = next?.header && baseIn(next.header, queue.number)?.baseOrdinal;
    const total = source.total ?? (nextBase === undefined ? undefined : nextBase - base.baseOrdinal);
    const entries = placeRuns(readSegmentEntries(file, header, queue), total, next?.firstPosition);
    return {
      header: { queueNumber: queue.number, firstPosition, ...base },
      entries,
      lost: entries.filter(isLost).length,
    };
  } finally {
    file.close();
  }
}

/** Puts an index file in the place of the one that there may be, whole or not at all; closed and on stable storage. */
export function writeIndex(
  files: Files,
  queueDirectory: string,
  { header, entries }: Pick<RebuiltIndex, 'header' | 'entries'>,
): { readonly entries: number; readonly bytes: number } {
  const footer = { bytes: 0, reach: header.firstPosition };
  for (const { position, length } of entries) {
    footer.bytes += length;
    footer.reach = Math.min(footer.reach, position);
  }
  const body = entryBytes(entries);
  const all = [encodeIndexHeader(header), body, encodeFooter({ ...footer, checksum: crc32(body) })];
  replaceFile(files, queueDirectory, indexName(header.firstPosition), Buffer.concat(all));
  return { entries: entries.length, bytes: footer.bytes };
}

/** An index file's bytes up to its footer, to be read from memory as the file would be. */
export const indexBytes = ({ header, entries }: RebuiltIndex): Uint8Array =>
  Buffer.concat([encodeIndexHeader(header), entryBytes(entries)]);

function entryBytes(entries: readonly Entry[]): Uint8Array {
  const bytes = new Uint8Array(entries.length * ENTRY_BYTES);
  const view = viewOf(bytes);
  for (const [index, { position, length, keyHash }] of entries.entries()) {
    const at = index * ENTRY_BYTES;
    view.setFloat64(at, position, true);
    view.setUint32(at + 8, length, true);
    view.setUint32(at + 12, keyHash, true);
  }
  return bytes;
}

/** How far a queue had come, as a segment's header says; undefined for one that it does not know. */
export function baseIn(
  { queues }: SegmentHeader,
  queueNumber: number,
): Pick<IndexHeader, 'baseOrdinal' | 'baseBytes'> | undefined {
  const base = queues.find(({ number }) => number === queueNumber);
  return base && { baseOrdinal: base.enqueued, baseBytes: base.enqueuedBytes };
}

/** The segment behind one, and its header where that can be read. */
function nextSegment(
  files: Files,
  journalDirectory: string,
  firstPosition: number,
): { firstPosition: number; header: SegmentHeader | undefined } | undefined {
  const name = files.list(journalDirectory).find((each) => (positionOfName(each, '.seg') ?? -1) > firstPosition);
  const path = `${journalDirectory}/${name}`;
  const file = name === undefined ? undefined : openIfThere(files, path);
  if (file === undefined) return undefined;
  try {
    return { firstPosition: positionOfName(name as string, '.seg') as number, header: readSegmentHeader(file, path) };
  } catch (error) {
    if (!(error instanceof PenstockError) || error.code !== 'DATA_DAMAGED') throw error;
    return { firstPosition: positionOfName(name as string, '.seg') as number, header: undefined };
  } finally {
    file.close();
  }
}

function openIfThere(files: Files, path: string): File | undefined {
  try {
    return files.open(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
