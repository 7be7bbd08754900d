// How a queue goes, for good. Its folder gets a name under which it is no queue any more, durably: from then on nothing
// knows of it, and what it kept on disk may go. Only then are its files deleted, a few at a time, since deleting a large
// file takes milliseconds. Cut off anywhere, the queue is whole or gone, and a start deletes what is left.
import { type Files, isMissing } from '../files/files.js';

/** The folders in a queue's: of settle logs, and of dead letters. */
const FOLDERS = ['settled', 'dead'];

const LEFTOVER = /^\d+-[A-Za-z0-9_-]{1,64}\.removed$/;

/**
 * Makes a queue's folder one that no start takes for a queue.
 *
 * @param directory The queue's folder, which nobody writes to.
 * @returns The folder that is left, to be deleted by {@link deleteSome}.
 */
export function retireQueue(files: Files, directory: string): string {
  const retired = `${directory}.removed`;
  try {
    files.rename(directory, retired);
  } catch (error) {
    // Somebody has deleted it by hand.
    if (!isMissing(error)) throw error;
  }
  files.syncDirectory(directory.slice(0, directory.lastIndexOf('/')));
  return retired;
}

/**
 * Deletes some files of a retired queue's folder, and the folder with the last of them.
 *
 * @param most How many files.
 * @returns Whether it is gone.
 */
export function deleteSome(files: Files, retired: string, most: number): boolean {
  const inQueue = files.list(retired).filter((name) => !FOLDERS.includes(name));
  const inFolders = FOLDERS.flatMap((folder) => files.list(`${retired}/${folder}`).map((name) => `${folder}/${name}`));
  const going = [...inQueue, ...inFolders].slice(0, most);
  for (const name of going) files.remove(`${retired}/${name}`);
  if (going.length < inQueue.length + inFolders.length) return false;
  files.remove(retired);
  return true;
}

/** Deletes what is left of queues that were removed. Before any queue is opened. */
export function removeLeftovers(files: Files, queuesDirectory: string): void {
  for (const name of files.list(queuesDirectory)) {
    if (LEFTOVER.test(name)) files.remove(`${queuesDirectory}/${name}`);
  }
}
