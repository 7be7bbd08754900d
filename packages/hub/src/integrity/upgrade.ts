// Brings a data directory of an older format to the present one. First hub.json says so, and from then on an older Penstock
// refuses the directory; then each file that is old is replaced by a new one, whole; then hub.json says that it is done. Cut
// off anywhere, the next start goes on, since every reader takes both formats meanwhile.
//
// Format 2: index files have a checksum of their entries, hub.json and queue.json one of all they say. Settle logs have one of their header too, but are written anew at
// each start anyway. Index files of the last segment without a footer are made anew by recovery.
import { setImmediate as breath } from 'node:timers/promises';
import { PenstockError } from '../errors.js';
import type { File, Files } from '../files/files.js';
import { DATA_FORMAT, type HubFile } from '../files/hub-file.js';
import { viewOf } from '../journal/record.js';
import { positionOfName } from '../journal/segment.js';
import {
  ENTRY_BYTES,
  INDEX_FORMAT,
  INDEX_HEADER_BYTES,
  type IndexSummary,
  IndexWriter,
  summarizeOpened,
} from '../queue/index-file.js';
import { QUEUE_FORMAT, readQueueFile, writeQueueFile } from '../queue/queue-file.js';
import { rebuildIndex, writeIndex } from '../queue/rebuilt-index.js';
import { type Queue, QueueRegistry } from '../queue/registry.js';

/** Where new files are written before they take the place of old ones. */
const WORKSHOP = 'upgrade';

/** Between two lines on how far it is. */
const TELL_EVERY_MS = 5_000;

/** Entries read at a time. */
const CHUNK_ENTRIES = 16_384;

export interface Upgrade {
  readonly files: Files;
  readonly dataDirectory: string;
  /** What hub.json says. */
  readonly hub: HubFile;
  /** Replaces hub.json. */
  readonly write: (hub: HubFile) => void;
  /** Told what is done, and now and then how far it is. */
  readonly tell: (text: string) => void;
}

/** Whether there is anything to do for {@link upgradeFormat}. */
export const isOld = ({ format, upgradingFrom }: HubFile): boolean =>
  format < DATA_FORMAT || upgradingFrom !== undefined;

/**
 * Upgrades a directory whose lock this process has, before anything else is opened in it.
 *
 * @throws what the disk failed with; it can be done again.
 */
export async function upgradeFormat({ files, dataDirectory, hub, write, tell }: Upgrade): Promise<void> {
  const { format, upgradingFrom = format, ...rest } = hub;
  write({ ...rest, format: DATA_FORMAT, upgradingFrom });
  const queues = new QueueRegistry(files, dataDirectory).list();
  const old = queues.flatMap((queue) => oldIndexes(files, queue));
  if (old.length > 0) {
    tell(`upgrading the data directory from format ${upgradingFrom} to ${DATA_FORMAT}: ${old.length} index files`);
  }
  for (const queue of queues) upgradeQueueFile(files, queue);
  let toldAt = performance.now();
  for (const [index, { queue, name }] of old.entries()) {
    replaceIndex(files, dataDirectory, queue, name);
    await breath();
    if (performance.now() - toldAt < TELL_EVERY_MS) continue;
    toldAt = performance.now();
    tell(`${index + 1} of ${old.length} index files are upgraded`);
  }
  files.remove(`${dataDirectory}/${WORKSHOP}`);
  write({ ...rest, format: DATA_FORMAT });
  tell(`the data directory has format ${DATA_FORMAT} now; an older Penstock cannot read it any more`);
}

/** One that is damaged is left to whoever makes it anew. */
function upgradeQueueFile(files: Files, { directory, number, name }: Queue): void {
  const { file, problem } = readQueueFile(files, directory, { number, name });
  if (problem !== undefined || file.format === QUEUE_FORMAT) return;
  writeQueueFile(files, directory, { ...file, format: QUEUE_FORMAT });
}

interface OldIndex {
  readonly queue: Queue;
  readonly name: string;
}

function oldIndexes(files: Files, queue: Queue): OldIndex[] {
  return files
    .list(queue.directory)
    .filter((name) => positionOfName(name, '.idx') !== undefined && isOldIndex(files, `${queue.directory}/${name}`))
    .map((name) => ({ queue, name }));
}

/** Whether a file is closed and of an older format; one that cannot be read is left to recovery. */
function isOldIndex(files: Files, path: string): boolean {
  return withSummary(files, path, ({ closed, header }) => closed && header.format < INDEX_FORMAT) ?? false;
}

function replaceIndex(files: Files, dataDirectory: string, queue: Queue, name: string): void {
  const path = `${queue.directory}/${name}`;
  const workshop = `${dataDirectory}/${WORKSHOP}`;
  files.makeDirectory(workshop);
  files.remove(`${workshop}/${name}`);
  if (!copyEntries(files, path, workshop)) {
    const { number, orderKey } = queue;
    const firstPosition = positionOfName(name, '.idx') as number;
    const journalDirectory = `${dataDirectory}/journal`;
    files.remove(`${workshop}/${name}`);
    const rebuilt = rebuildIndex({ files, journalDirectory, firstPosition, queue: { number, orderKey } });
    // Nothing to make it anew from: readers take it as it is.
    if (rebuilt === undefined) return;
    writeIndex(files, workshop, rebuilt);
  }
  files.rename(`${workshop}/${name}`, path);
  files.syncDirectory(queue.directory);
}

function withSummary<Result>(
  files: Files,
  path: string,
  use: (summary: IndexSummary, file: File) => Result,
): Result | undefined {
  const file = files.open(path);
  try {
    return use(summarizeOpened(file, path), file);
  } catch (error) {
    if (!(error instanceof PenstockError) || error.code !== 'DATA_DAMAGED') throw error;
    return undefined;
  } finally {
    file.close();
  }
}

/**
 * Writes an index file's entries into a new one, closed and on stable storage.
 *
 * @returns Whether they are what the footer says of them; a new checksum must not make damage look whole.
 */
function copyEntries(files: Files, path: string, directory: string): boolean {
  return (
    withSummary(files, path, ({ header, entries, bytes, reach }, file) => {
      const writer = new IndexWriter(files, directory, header);
      const chunk = new Uint8Array(CHUNK_ENTRIES * ENTRY_BYTES);
      const view = viewOf(chunk);
      for (let done = 0; done < entries; ) {
        const wanted = Math.min(CHUNK_ENTRIES, entries - done) * ENTRY_BYTES;
        const got = Math.floor(
          file.read(chunk.subarray(0, wanted), INDEX_HEADER_BYTES + done * ENTRY_BYTES) / ENTRY_BYTES,
        );
        for (let at = 0; at < got * ENTRY_BYTES; at += ENTRY_BYTES) {
          writer.add(view.getFloat64(at, true), view.getUint32(at + 8, true), view.getUint32(at + 12, true));
        }
        if (got === 0) break;
        done += got;
      }
      const copied = writer.close();
      return copied.entries === entries && copied.bytes === bytes && copied.reach === reach;
    }) ?? false
  );
}
