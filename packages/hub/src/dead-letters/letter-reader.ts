// Reads one file of dead letters, also while its thread still writes to it: what is said about each letter in order, and
// a letter's message by its place. Of the messages no more than one is in memory.
import { crc32 } from 'node:zlib';
import { PenstockError } from '../errors.js';
import { type File, type Files, readFully } from '../files/files.js';
import { AT as RECORD, RECORD_HEADER_BYTES, viewOf } from '../journal/record.js';
import {
  decodeFileHeader,
  decodeFooter,
  decodeHead,
  decodeNote,
  FILE_HEADER_BYTES,
  type FileFooter,
  HEAD_BYTES,
  isTrue,
  type LetterHead,
  type LetterNote,
} from './letter-format.js';

/** What one read takes at least: several letters with small messages. */
const WINDOW_BYTES = 65_536;

/** A letter in its file. */
export interface FoundLetter {
  /** Where it begins. */
  readonly offset: number;
  readonly head: LetterHead;
  /** What it says; decoded when called. Only until the next letter is read. */
  note(): LetterNote;
}

/** Bytes of a file in which there is no whole letter. */
export interface UnreadableBytes {
  /** Letters that are not what was written. */
  readonly damagedBytes: number;
  /** At the end of a file that nobody has closed: one that was being written, or damage. */
  readonly tornBytes: number;
}

export class LetterReader {
  readonly #file: File;
  readonly #path: string;
  #window: Uint8Array = new Uint8Array(0);
  #windowAt = 0;
  /** Undefined while not even the header is whole: then there are no letters. */
  readonly id: bigint | undefined;
  /** What the file says of itself once it is closed; until then it is read with more care. */
  readonly footer: FileFooter | undefined;
  readonly bytes: number;

  /**
   * @param path The file's; a file that has gone is an error ENOENT.
   * @throws DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED
   */
  constructor(files: Files, path: string, queueNumber: number) {
    this.#path = path;
    this.#file = files.open(path);
    try {
      this.bytes = this.#file.size();
      this.id = decodeFileHeader(this.#readExactly(0, FILE_HEADER_BYTES), path, queueNumber);
      this.footer =
        this.id === undefined || this.bytes < FILE_HEADER_BYTES + HEAD_BYTES
          ? undefined
          : decodeFooter(this.id, this.#readExactly(this.bytes - HEAD_BYTES, HEAD_BYTES));
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  /**
   * Yields the letters that are whole, in the order in which they were written: a damaged one does not hide those behind it.
   *
   * @returns What is no whole letter.
   */
  *letters(): Generator<FoundLetter, UnreadableBytes> {
    const { id } = this;
    if (id === undefined) return { damagedBytes: 0, tornBytes: this.bytes };
    const end = this.footer === undefined ? this.bytes : this.bytes - HEAD_BYTES;
    let damagedBytes = 0;
    let offset = FILE_HEADER_BYTES;
    while (offset < end) {
      const letter = this.#letterAt(id, offset, end) ?? this.#nextLetter(id, offset + 1, end);
      if (letter === undefined) {
        // At the end of a file that nobody has closed it may never have been promised.
        const left = end - offset;
        return this.footer === undefined
          ? { damagedBytes, tornBytes: left }
          : { damagedBytes: damagedBytes + left, tornBytes: 0 };
      }
      damagedBytes += letter.offset - offset;
      yield letter;
      offset = letter.offset + lengthOf(letter.head);
    }
    return { damagedBytes, tornBytes: 0 };
  }

  /**
   * Reads a letter by its place.
   *
   * @throws DATA_DAMAGED when there is none.
   */
  at(offset: number): FoundLetter {
    const letter = this.id === undefined ? undefined : this.#letterAt(this.id, offset, this.bytes, false);
    if (letter === undefined) throw new PenstockError('DATA_DAMAGED', `${this.#path} has no letter at byte ${offset}`);
    return letter;
  }

  /**
   * A letter's message: its DATA record as it lay in the journal, in memory of its own.
   *
   * @throws DATA_DAMAGED when it is not what was written.
   */
  record({ offset, head }: FoundLetter): Buffer {
    const record = Buffer.allocUnsafeSlow(head.recordBytes);
    const got = readFully(this.#file, record, recordAt(offset, head));
    if (got === record.byteLength && isTrueRecord(record)) return record;
    throw new PenstockError(
      'DATA_DAMAGED',
      `the message of dead letter ${head.ordinal} is not what was written; it lies in ${this.#path} at byte ${recordAt(offset, head)}`,
    );
  }

  close(): void {
    this.#file.close();
  }

  /** @param careful Whether the message is looked at as well where the end of the file may be torn. */
  #letterAt(id: bigint, offset: number, end: number, careful = this.footer === undefined): FoundLetter | undefined {
    const head = decodeHead(this.#read(offset, HEAD_BYTES));
    if (head === undefined || offset + lengthOf(head) > end) return undefined;
    const said = this.#read(offset, HEAD_BYTES + head.textBytes);
    if (said.byteLength < HEAD_BYTES + head.textBytes || !isTrue(id, said)) return undefined;
    const letter = { offset, head, note: () => decodeNote(head, said) };
    return careful && !this.#hasTrueRecord(letter) ? undefined : letter;
  }

  /** The first letter behind damage: by its checksum, which nothing else has, a letter within a message neither. */
  #nextLetter(id: bigint, from: number, end: number): FoundLetter | undefined {
    for (let offset = from; offset + HEAD_BYTES <= end; offset++) {
      if (decodeHead(this.#read(offset, HEAD_BYTES)) === undefined) continue;
      const letter = this.#letterAt(id, offset, end, true);
      if (letter !== undefined) return letter;
    }
    return undefined;
  }

  #hasTrueRecord({ offset, head }: FoundLetter): boolean {
    let at = recordAt(offset, head);
    const end = at + head.recordBytes;
    const header = this.#read(at, Math.min(RECORD_HEADER_BYTES, head.recordBytes));
    if (header.byteLength < RECORD_HEADER_BYTES) return false;
    const view = viewOf(header);
    const sealed = view.getUint32(RECORD.crc, true);
    if (view.getUint32(RECORD.length, true) !== head.recordBytes) return false;
    let sum = 0;
    for (at += RECORD.position; at < end; ) {
      const some = this.#read(at, Math.min(WINDOW_BYTES, end - at));
      if (some.byteLength === 0) return false;
      sum = crc32(some, sum);
      at += some.byteLength;
    }
    return sum === sealed;
  }

  #readExactly(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, readFully(this.#file, bytes, offset));
  }

  /** Bytes at an offset, fewer at the end; a view that the next read may replace by another, but does not write to. */
  #read(offset: number, length: number): Uint8Array {
    const from = offset - this.#windowAt;
    if (from < 0 || from + length > this.#window.byteLength) {
      const window = new Uint8Array(Math.max(length, WINDOW_BYTES));
      this.#window = window.subarray(0, readFully(this.#file, window, offset));
      this.#windowAt = offset;
    }
    const at = offset - this.#windowAt;
    return this.#window.subarray(at, at + length);
  }
}

const lengthOf = ({ textBytes, recordBytes }: LetterHead): number => HEAD_BYTES + textBytes + recordBytes;

const recordAt = (offset: number, { textBytes }: LetterHead): number => offset + HEAD_BYTES + textBytes;

/** Whether the bytes are one whole record, whatever its position. */
function isTrueRecord(record: Uint8Array): boolean {
  if (record.byteLength < RECORD_HEADER_BYTES) return false;
  const view = viewOf(record);
  return (
    view.getUint32(RECORD.length, true) === record.byteLength &&
    view.getUint32(RECORD.crc, true) === crc32(record.subarray(RECORD.position))
  );
}
