// How many entries the index files of a queue hold, counted one by one.
import { PenstockError } from '../errors.js';
import type { Files } from '../files/files.js';
import { viewOf } from '../journal/record.js';
import { positionOfName } from '../journal/segment.js';
import { ENTRY_BYTES, INDEX_HEADER_BYTES, readIndexHeader } from '../queue/index-file.js';
import { IntervalSet } from '../queue/interval-set.js';

const CHUNK_BYTES = 4_096 * ENTRY_BYTES;

export interface CountedEntries {
  /** The ordinals that an index file has an entry for. */
  readonly present: IntervalSet;
  /** The ordinal after the highest of them; 0 when there is none. */
  readonly end: number;
}

/**
 * Reads all index files of a queue through.
 *
 * @param queueDirectory The queue's folder.
 * @returns What they hold; one that does not begin as an index file does holds nothing.
 * @throws DATA_FORMAT_UNSUPPORTED naming the file.
 */
export function countEntries(files: Files, queueDirectory: string): CountedEntries {
  const present = new IntervalSet();
  let end = 0;
  for (const name of files.list(queueDirectory)) {
    if (positionOfName(name, '.idx') === undefined) continue;
    const { from, to } = countFile(files, `${queueDirectory}/${name}`);
    present.add(from, to);
    end = Math.max(end, to);
  }
  return { present, end };
}

function countFile(files: Files, path: string): { from: number; to: number } {
  const file = files.open(path);
  try {
    const { baseOrdinal } = readIndexHeader(file, path);
    const chunk = new Uint8Array(CHUNK_BYTES);
    const view = viewOf(chunk);
    let entries = 0;
    for (;;) {
      const got = file.read(chunk, INDEX_HEADER_BYTES + entries * ENTRY_BYTES);
      const whole = Math.floor(got / ENTRY_BYTES);
      for (let index = 0; index < whole; index++) {
        // The footer begins.
        if (view.getFloat64(index * ENTRY_BYTES, true) < 0)
          return { from: baseOrdinal, to: baseOrdinal + entries + index };
      }
      entries += whole;
      if (whole === 0) return { from: baseOrdinal, to: baseOrdinal + entries };
    }
  } catch (error) {
    if (!(error instanceof PenstockError) || error.code !== 'DATA_DAMAGED') throw error;
    return { from: 0, to: 0 };
  } finally {
    file.close();
  }
}
