// What a folder holds, to be compared with what it held before: whether anything was written.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Every file under a directory with its size and the time of its last change. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { size, mtimeMs } = statSync(path);
      return `${path} ${size} ${mtimeMs}`;
    })
    .toSorted();
}
