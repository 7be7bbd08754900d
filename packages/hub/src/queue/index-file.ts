// A queue's index file: this queue's entries in one segment of the journal, in order. Derived from the
// journal and never the only place where something stands; rebuilt when it may be torn.
//
//   header, 48 bytes                          entry, 16 bytes             footer, 48 bytes
//   0 8 bytes "PENINDEX"  24 f64 first pos.    0 f64 position              0 f64 -1,  8 f64 bytes
//   8 u32 format version  32 f64 base ordinal  8 u32 record length        16 f64 -1, 24 f64 reach
//  12 u32 queue number    40 f64 base bytes   12 u32 order-key hash, or 0 32 f64 -1, 40 u32 CRC-32 of the 32
//  16 u32 CRC-32 of the rest, 20 u32 0                                                bytes before, then of the next 4
//                                                                          44 u32 CRC-32 of all entries
//
// In format 1 the entries had no checksum: 44 was 0 and not covered by the one at 40.
//
// Every 16 bytes of the footer begin with a position that none has, so that no part of it reads as an entry.
// The ordinal of an entry is the base ordinal plus its index in the file. `reach` is the lowest position of
// any entry: entries made by reference can point to older segments.
import { crc32 } from 'node:zlib';
import { PenstockError } from '../errors.js';
import type { File, Files } from '../files/files.js';
import { viewOf } from '../journal/record.js';
import { headerChecksum } from '../journal/segment.js';

export const INDEX_HEADER_BYTES = 48;
export const ENTRY_BYTES = 16;
export const FOOTER_BYTES = 48;
const FOOTER_MARK = -1;
/** What this Penstock writes, and the most that it reads. */
export const INDEX_FORMAT = 2;
/** From this one on the footer has a checksum of the entries. */
const CHECKED_FORMAT = 2;
const MAGIC = new TextEncoder().encode('PENINDEX');
const FIRST_ENTRIES = 4_096;
/** Read at a time to check a file's entries. */
const CHECKED_BYTES = 1 << 18;
/** Entries are written when there are so many, asked for or not; a multiple of the first by a power of two. */
const MOST_PENDING = 65_536;

export interface IndexHeader {
  readonly queueNumber: number;
  readonly firstPosition: number;
  readonly baseOrdinal: number;
  readonly baseBytes: number;
}

/** A header as it was read. */
export interface ReadIndexHeader extends IndexHeader {
  readonly format: number;
}

/** What an index file holds. */
export interface IndexSummary {
  readonly header: ReadIndexHeader;
  readonly entries: number;
  readonly bytes: number;
  /** The lowest position of any entry. */
  readonly reach: number;
  /** Whether it has its footer, and so is whole. */
  readonly closed: boolean;
  /** CRC-32 of the entries; undefined while it is open, and in a file of format 1. */
  readonly checksum: number | undefined;
}

export function indexName(firstPosition: number): string {
  return `${String(firstPosition).padStart(16, '0')}.idx`;
}

/** What an index file begins with. */
export function encodeIndexHeader(header: IndexHeader): Uint8Array {
  const bytes = new Uint8Array(INDEX_HEADER_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC, 0);
  view.setUint32(8, INDEX_FORMAT, true);
  view.setUint32(12, header.queueNumber, true);
  view.setFloat64(24, header.firstPosition, true);
  view.setFloat64(32, header.baseOrdinal, true);
  view.setFloat64(40, header.baseBytes, true);
  view.setUint32(16, headerChecksum(bytes), true);
  return bytes;
}

/**
 * Reads an index file's header.
 *
 * @throws DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED, naming the file.
 */
export function readIndexHeader(file: File, path: string): ReadIndexHeader {
  const bytes = new Uint8Array(INDEX_HEADER_BYTES);
  const got = file.read(bytes, 0);
  const view = viewOf(bytes);
  if (
    got < INDEX_HEADER_BYTES ||
    MAGIC.some((byte, at) => bytes[at] !== byte) ||
    view.getUint32(16, true) !== headerChecksum(bytes)
  ) {
    throw new PenstockError('DATA_DAMAGED', `index file ${path} does not begin as one does`);
  }
  const version = view.getUint32(8, true);
  if (version > INDEX_FORMAT) {
    throw new PenstockError(
      'DATA_FORMAT_UNSUPPORTED',
      `index file ${path} has format ${version}; this Penstock reads up to ${INDEX_FORMAT}`,
    );
  }
  return {
    format: version,
    queueNumber: view.getUint32(12, true),
    firstPosition: view.getFloat64(24, true),
    baseOrdinal: view.getFloat64(32, true),
    baseBytes: view.getFloat64(40, true),
  };
}

/** Reads what an index file holds, from its footer. Without one, `entries` and `bytes` are not known and 0. */
export function summarizeIndex(files: Files, path: string): IndexSummary {
  const file = files.open(path);
  try {
    return summarizeOpened(file, path);
  } finally {
    file.close();
  }
}

/** The same of a file that is open. */
export function summarizeOpened(file: File, path: string): IndexSummary {
  const header = readIndexHeader(file, path);
  const at = file.size() - FOOTER_BYTES;
  const { firstPosition: reach } = header;
  const open = { header, entries: 0, bytes: 0, reach, closed: false, checksum: undefined };
  if (at < INDEX_HEADER_BYTES || (at - INDEX_HEADER_BYTES) % ENTRY_BYTES !== 0) return open;
  const footer = new Uint8Array(FOOTER_BYTES);
  file.read(footer, at);
  const view = viewOf(footer);
  const isChecked = header.format >= CHECKED_FORMAT;
  const sealed = isChecked ? footerChecksum(footer) : crc32(footer.subarray(0, 32));
  if (view.getFloat64(32, true) !== FOOTER_MARK || view.getUint32(40, true) !== sealed) return open;
  return {
    header,
    entries: (at - INDEX_HEADER_BYTES) / ENTRY_BYTES,
    bytes: view.getFloat64(8, true),
    reach: view.getFloat64(24, true),
    closed: true,
    checksum: isChecked ? view.getUint32(44, true) : undefined,
  };
}

const footerChecksum = (footer: Uint8Array): number => crc32(footer.subarray(44), crc32(footer.subarray(0, 32)));

/** Whether a closed file's entries are what was written: by their checksum, which those of format 1 do not have. */
export function hasTrueEntries(file: File, { entries, checksum }: IndexSummary): boolean {
  if (checksum === undefined) return true;
  const chunk = new Uint8Array(Math.min(CHECKED_BYTES, entries * ENTRY_BYTES));
  const end = INDEX_HEADER_BYTES + entries * ENTRY_BYTES;
  let sum = 0;
  for (let at = INDEX_HEADER_BYTES; at < end; ) {
    const got = file.read(chunk.subarray(0, Math.min(chunk.byteLength, end - at)), at);
    if (got === 0) return false;
    sum = crc32(chunk.subarray(0, got), sum);
    at += got;
  }
  return sum === checksum;
}

/** What a closed index file ends with. @param checksum CRC-32 of its entries. */
export function encodeFooter({
  bytes,
  reach,
  checksum,
}: Pick<IndexSummary, 'bytes' | 'reach'> & { checksum: number }): Uint8Array {
  const footer = new Uint8Array(FOOTER_BYTES);
  const view = viewOf(footer);
  for (const at of [0, 16, 32]) view.setFloat64(at, FOOTER_MARK, true);
  view.setFloat64(8, bytes, true);
  view.setFloat64(24, reach, true);
  view.setUint32(44, checksum, true);
  view.setUint32(40, footerChecksum(footer), true);
  return footer;
}

/** Appends entries to a new index file. */
export class IndexWriter {
  readonly header: IndexHeader;
  readonly #file: File;
  #entries = 0;
  #bytes = 0;
  #checksum = 0;
  #reach: number;
  // Entries not yet written, through three views of the same bytes.
  #pending = new Uint8Array(FIRST_ENTRIES * ENTRY_BYTES);
  #floats = new Float64Array(this.#pending.buffer);
  #words = new Uint32Array(this.#pending.buffer);
  #count = 0;

  constructor(files: Files, directory: string, header: IndexHeader) {
    this.header = header;
    this.#reach = header.firstPosition;
    const path = `${directory}/${indexName(header.firstPosition)}`;
    // Under another name first: a reader may look for it at any moment, and must find its header.
    files.remove(`${path}.tmp`);
    this.#file = files.create(`${path}.tmp`);
    this.#file.append(encodeIndexHeader(header));
    files.rename(`${path}.tmp`, path);
  }

  get entries(): number {
    return this.#entries;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get reach(): number {
    return this.#reach;
  }

  /** Adds an entry; it is in the file once {@link flush} has returned. */
  add(position: number, length: number, keyHash: number): void {
    if (this.#count === MOST_PENDING) this.flush();
    else if (this.#count * ENTRY_BYTES === this.#pending.byteLength) this.#grow();
    this.#floats[this.#count * 2] = position;
    this.#words[this.#count * 4 + 2] = length;
    this.#words[this.#count * 4 + 3] = keyHash;
    this.#count++;
    this.#bytes += length;
    if (position < this.#reach) this.#reach = position;
  }

  /** Writes the entries added since the last flush. */
  flush(): void {
    if (this.#count === 0) return;
    const entries = this.#pending.subarray(0, this.#count * ENTRY_BYTES);
    this.#file.append(entries);
    this.#checksum = crc32(entries, this.#checksum);
    this.#entries += this.#count;
    this.#count = 0;
  }

  /** Ends the file with its footer and puts it on stable storage. */
  close(): IndexSummary {
    this.flush();
    this.#file.append(encodeFooter({ bytes: this.#bytes, reach: this.#reach, checksum: this.#checksum }));
    this.#file.sync();
    this.#file.close();
    return {
      header: { ...this.header, format: INDEX_FORMAT },
      entries: this.#entries,
      bytes: this.#bytes,
      reach: this.#reach,
      closed: true,
      checksum: this.#checksum,
    };
  }

  /** Closes the file as it is, without its footer: it will be rebuilt. */
  abandon(): void {
    this.#file.close();
  }

  #grow(): void {
    const larger = new Uint8Array(this.#pending.byteLength * 2);
    larger.set(this.#pending);
    this.#pending = larger;
    this.#floats = new Float64Array(larger.buffer);
    this.#words = new Uint32Array(larger.buffer);
  }
}
