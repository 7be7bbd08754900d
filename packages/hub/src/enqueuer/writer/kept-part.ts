// Keeps the whole part of a segment, written anew: after a sync that failed, what the page cache shows of a file need not
// be on the disk, and only a write puts it there.
import { PenstockError } from '../../errors.js';
import { type File, type Files, isDiskFull } from '../../files/files.js';

const CHUNK_BYTES = 1 << 20;

export interface KeptPart {
  /** The segment, open for reading. */
  readonly file: File;
  /** What it is to begin with, instead of what lies before `from`; undefined for just that. */
  readonly head: Uint8Array | undefined;
  readonly from: number;
  /** Where it is cut off. */
  readonly to: number;
  /** Keeps the old file under another name, right before the new one gets its name; undefined where it may go. */
  readonly keepOld?: (() => void) | undefined;
}

/**
 * Replaces a segment by a part of it, which is on stable storage then. Where there is no room for another file, one that
 * keeps its beginning and may go is written over itself: cut off anywhere, that leaves each byte as it was and is to be.
 *
 * @throws DATA_DAMAGED when it shrinks meanwhile; what the disk refuses it with.
 */
export function keepFirst(files: Files, directory: string, name: string, part: KeptPart): void {
  const path = `${directory}/${name}`;
  const temporary = `${path}.tmp`;
  try {
    write(files.create(temporary), path, part);
  } catch (error) {
    files.remove(temporary);
    if (!isDiskFull(error) || part.head !== undefined || part.keepOld !== undefined) throw error;
    write(files.overwrite(path), path, part);
    return;
  }
  part.keepOld?.();
  files.rename(temporary, path);
  files.syncDirectory(directory);
}

function write(target: File, path: string, { file, head, from, to }: KeptPart): void {
  try {
    if (head !== undefined) target.append(head);
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(0, to - from)));
    for (let at = from; at < to; ) {
      const got = file.read(chunk.subarray(0, to - at), at);
      if (got === 0) throw new PenstockError('DATA_DAMAGED', `journal segment ${path} shrank while it was read`);
      target.append(chunk.subarray(0, got));
      at += got;
    }
    target.truncate();
    target.sync();
  } finally {
    target.close();
  }
}
