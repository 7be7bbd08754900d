// What an index file says that nobody has closed, or whose segment is damaged: slot by slot, since nothing vouches for all
// of them together. A slot that can be no entry still counts: those behind it keep their ordinals.
import { PenstockError } from '../../errors.js';
import { type Files, isMissing, readWhole } from '../../files/files.js';
import type { Entry } from '../../journal/encode.js';
import { RECORD_HEADER_BYTES, viewOf } from '../../journal/record.js';
import { ENTRY_BYTES, INDEX_HEADER_BYTES, type IndexHeader, readIndexHeader } from '../../queue/index-file.js';
import { lostEntry } from '../../queue/segment-entries.js';

export interface IndexSlots {
  readonly header: IndexHeader;
  /** Up to the last one that can be an entry. */
  readonly entries: readonly Entry[];
  /** The position behind the last record that they point to in the file's own segment. */
  readonly endPosition: number;
}

/**
 * Reads an index file as far as it goes.
 *
 * @returns Undefined when there is none, or its header is damaged.
 * @throws DATA_FORMAT_UNSUPPORTED
 */
export function readIndexSlots(files: Files, path: string, firstPosition: number): IndexSlots | undefined {
  const header = readHeader(files, path);
  if (header === undefined || header.firstPosition !== firstPosition) return undefined;
  const bytes = readWhole(files, path);
  const view = viewOf(bytes);
  const entries: Entry[] = [];
  let whole = 0;
  let endPosition = firstPosition;
  for (let at = INDEX_HEADER_BYTES; at + ENTRY_BYTES <= bytes.byteLength; at += ENTRY_BYTES) {
    const entry = entryAt(view, at);
    // The footer.
    if (entry === 'none') break;
    entries.push(entry ?? lostEntry(firstPosition));
    if (entry === undefined) continue;
    whole = entries.length;
    if (entry.position >= firstPosition) endPosition = Math.max(endPosition, entry.position + entry.length);
  }
  return { header, entries: entries.slice(0, whole), endPosition };
}

/** Undefined for what can be no entry. */
function entryAt(view: DataView, at: number): Entry | undefined | 'none' {
  const position = view.getFloat64(at, true);
  const length = view.getUint32(at + 8, true);
  if (position === -1) return 'none';
  const isLostOne = length === 0 && position > 0;
  if (!Number.isSafeInteger(position) || position < 0) return undefined;
  if (length < RECORD_HEADER_BYTES && !isLostOne) return undefined;
  return { position, length, keyHash: view.getUint32(at + 12, true) };
}

function readHeader(files: Files, path: string): IndexHeader | undefined {
  try {
    const file = files.open(path);
    try {
      return readIndexHeader(file, path);
    } finally {
      file.close();
    }
  } catch (error) {
    if (isMissing(error) || (error instanceof PenstockError && error.code === 'DATA_DAMAGED')) return undefined;
    throw error;
  }
}
