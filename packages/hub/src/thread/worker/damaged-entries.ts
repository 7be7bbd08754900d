// What becomes of entries whose records are not what was written: they are counted as lost, told of in few lines however
// many they are, and their bytes are kept in the quarantine, since their segment goes once all in it is settled.
import { toErrorData } from '../../errors.js';
import type { Files } from '../../files/files.js';
import { Quarantine } from '../../files/quarantine.js';
import { segmentName } from '../../journal/segment.js';
import { SegmentFiles } from '../../journal/segment-files.js';
import { EpisodeLog } from '../../telemetry/episode-log.js';
import type { ThreadContext } from './delivery-context.js';
import type { CurrentEntry } from './entry-reader.js';

export interface DamagedEntriesOptions {
  readonly files: Files;
  readonly journalDirectory: string;
  readonly log: ThreadContext['log'];
}

export class DamagedEntries {
  readonly #options: DamagedEntriesOptions;
  readonly #quarantine: Quarantine;
  readonly #lines: EpisodeLog<string>;
  /** Whether copies can be made: a disk that takes none is told of once. */
  #copies = true;

  constructor(options: DamagedEntriesOptions) {
    this.#options = options;
    const { files, journalDirectory, log } = options;
    this.#quarantine = new Quarantine(files, journalDirectory.slice(0, journalDirectory.lastIndexOf('/')));
    const fields = { code: 'DATA_DAMAGED' };
    this.#lines = new EpisodeLog({
      began: (what) => log.error(`${what}; it is counted as damaged`, fields),
      wentOn: (count, what) => log.error(`${count} more entries cannot be delivered, such as: ${what}`, fields),
      over: (total) => {
        if (total > 1) log.error(`${total} entries could not be delivered, and were counted as damaged`, fields);
      },
    });
  }

  /** Notes an entry that cannot be delivered. @param problem Such as `its record has a wrong checksum`. */
  note(ordinal: number, { position, length }: Pick<CurrentEntry, 'position' | 'length'>, problem: string): void {
    this.#lines.note(1, () => `entry ${ordinal} at position ${position} cannot be delivered: ${problem}`);
    if (length > 0 && this.#copies) this.#keepCopy(position, length);
  }

  /** Writes the lines that are due. */
  close(): void {
    this.#lines.end();
  }

  #keepCopy(position: number, length: number): void {
    const { files, journalDirectory, log } = this.#options;
    const segments = new SegmentFiles(files, journalDirectory);
    try {
      const segment = segments.find(position);
      if (segment === undefined) return;
      const from = segment.headerBytes + position - segment.firstPosition;
      const path = `${journalDirectory}/${segmentName(segment.firstPosition)}`;
      this.#quarantine.keepCopy('journal', path, segment.file, from, from + length);
    } catch (error) {
      this.#copies = false;
      log.warn(`damaged records cannot be copied into the quarantine: ${toErrorData(error).message}`);
    } finally {
      segments.close();
    }
  }
}
