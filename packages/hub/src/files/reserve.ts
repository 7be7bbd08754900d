// Disk space that a file of noise holds in the data directory, so that a disk that others have filled still has room for
// what brings messages to their end: it is given up then, and made again when there is room.
import { randomFillSync } from 'node:crypto';
import { statfsSync } from 'node:fs';
import { type Files, isMissing } from './files.js';

const NAME = 'reserve';

/** It takes so much, or a segment's size where that is less, within these; and never more than a part of the disk. */
const MOST_BYTES = 8 << 20;
const LEAST_BYTES = 1 << 20;
const MOST_PART = 0.02;

const CHUNK_BYTES = 1 << 20;

/** Of a file system. */
export interface FreeSpace {
  /** What the hub's user may still take. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Of the file system that a path is on. */
export function freeSpaceOf(path: string): FreeSpace {
  const { bavail, blocks, bsize } = statfsSync(path);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

/** How much is to be held in reserve on a file system, in bytes. */
export function reserveSize(segmentBytes: number, totalBytes: number): number {
  const wanted = Math.min(MOST_BYTES, Math.max(LEAST_BYTES, segmentBytes));
  return Math.min(wanted, Math.floor(totalBytes * MOST_PART));
}

/** Gives the reserve of a data directory up where less is free than it holds: before a start writes anything. */
export function giveUpReserveWhenFull(files: Files, dataDirectory: string, freeSpace = freeSpaceOf): void {
  const held = sizeOf(files, `${dataDirectory}/${NAME}`);
  if (held > 0 && freeSpace(dataDirectory).freeBytes < held) files.remove(`${dataDirectory}/${NAME}`);
}

export class DiskReserve {
  /** What it is to hold. */
  readonly wantedBytes: number;
  readonly #files: Files;
  readonly #path: string;
  #bytes: number;

  constructor(files: Files, dataDirectory: string, wantedBytes: number) {
    this.#files = files;
    this.#path = `${dataDirectory}/${NAME}`;
    this.wantedBytes = wantedBytes;
    this.#bytes = sizeOf(files, this.#path);
  }

  /** What it holds at this moment. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether it holds all that it is to. One of another size is of an earlier config, or was cut off as it was made. */
  get whole(): boolean {
    return this.#bytes === this.wantedBytes;
  }

  giveUp(): void {
    this.#files.remove(this.#path);
    this.#bytes = 0;
  }

  /**
   * Makes it, in the place of one of another size.
   *
   * @throws what the disk refuses it with; there is none then.
   */
  make(): void {
    this.giveUp();
    // Of zeros, a file system that compresses or leaves them out would hold nothing.
    const noise = randomFillSync(new Uint8Array(Math.min(CHUNK_BYTES, this.wantedBytes)));
    const file = this.#files.create(this.#path);
    try {
      for (let left = this.wantedBytes; left > 0; left -= noise.byteLength) file.append(noise.subarray(0, left));
      this.#bytes = this.wantedBytes;
    } catch (error) {
      this.giveUp();
      throw error;
    } finally {
      file.close();
    }
  }
}

function sizeOf(files: Files, path: string): number {
  try {
    return files.size(path);
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}
