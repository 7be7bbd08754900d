// One index file, opened to be read: as it lies on the disk, or in memory as its segment says it was, when what is on the
// disk is not what was written.
import type { OrderKey } from '../consumer.js';
import { PenstockError } from '../errors.js';
import { type File, type Files, isMissing } from '../files/files.js';
import { positionOfName } from '../journal/segment.js';
import { journalOf, queueNumberOf } from './folder.js';
import { hasTrueEntries, type IndexHeader, indexName, readIndexHeader, summarizeOpened } from './index-file.js';
import { indexBytes, rebuildIndex } from './rebuilt-index.js';

export interface OpenIndex extends IndexHeader {
  readonly file: File;
  /** Whether it is in memory, made anew. */
  readonly isRebuilt: boolean;
  /** Whether it is being written. */
  readonly isOpen: boolean;
}

/**
 * Opens an index file; one whose header is damaged, as its segment says it was.
 *
 * @param orderKey The queue's, for who needs the hashes of it.
 * @returns Undefined when it is gone, or nothing can be told of it.
 * @throws DATA_FORMAT_UNSUPPORTED
 */
export function openIndex(
  files: Files,
  queueDirectory: string,
  firstPosition: number,
  orderKey: OrderKey | undefined,
): OpenIndex | undefined {
  const path = `${queueDirectory}/${indexName(firstPosition)}`;
  let file: File;
  try {
    file = files.open(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const header = readIndexHeader(file, path);
    if (header.firstPosition === firstPosition) return { ...header, file, isRebuilt: false, isOpen: false };
  } catch (error) {
    if (!(error instanceof PenstockError) || error.code !== 'DATA_DAMAGED') {
      file.close();
      throw error;
    }
  }
  file.close();
  return rebuilt(files, queueDirectory, firstPosition, undefined, orderKey);
}

/**
 * Looks at all of an index file that was opened: in the place of one that is not what was written, what its segment says it
 * was. Where even the segment is gone, it stays: its entries lead nowhere, and are counted as lost one by one.
 */
export function verifiedIndex(
  files: Files,
  queueDirectory: string,
  index: OpenIndex,
  orderKey: OrderKey | undefined,
): OpenIndex {
  const { file, firstPosition, isRebuilt } = index;
  if (isRebuilt) return index;
  // Before its footer is looked at, which was there before the next segment was.
  const isOpen = isNewest(files, queueDirectory, firstPosition);
  const summary = summarizeOpened(file, indexName(firstPosition));
  if (summary.closed ? hasTrueEntries(file, summary) : isOpen) return { ...index, isOpen: !summary.closed };
  const anew = rebuilt(files, queueDirectory, firstPosition, summary.closed ? summary.entries : undefined, orderKey);
  if (anew === undefined) return index;
  file.close();
  return anew;
}

/** Whether no segment is known that was begun after the one of an index file. */
function isNewest(files: Files, queueDirectory: string, firstPosition: number): boolean {
  const last = files.list(journalOf(queueDirectory)).findLast((name) => positionOfName(name, '.seg') !== undefined);
  return last === undefined || (positionOfName(last, '.seg') as number) <= firstPosition;
}

function rebuilt(
  files: Files,
  queueDirectory: string,
  firstPosition: number,
  total: number | undefined,
  orderKey: OrderKey | undefined,
): OpenIndex | undefined {
  const queue = { number: queueNumberOf(queueDirectory), orderKey };
  const anew = rebuildIndex({ files, journalDirectory: journalOf(queueDirectory), firstPosition, queue, total });
  return anew && { ...anew.header, file: new ReadOnlyBytes(indexBytes(anew)), isRebuilt: true, isOpen: false };
}

/** Bytes in memory, to be read as a file. */
class ReadOnlyBytes implements File {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(into: Uint8Array, offset: number): number {
    const some = this.#bytes.subarray(offset, offset + into.byteLength);
    into.set(some);
    return some.byteLength;
  }

  size(): number {
    return this.#bytes.byteLength;
  }

  append(): void {
    throw new Error('an index file that was made anew in memory is only read');
  }

  truncate(): void {
    this.append();
  }

  sync(): void {}

  close(): void {}
}
