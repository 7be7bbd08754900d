// Makes a folder and those above it, one by one: Node's own recursive mkdir never returns below /proc, where the parent
// is there and nothing can be made.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Fine when it is there. What else keeps it from being made is thrown, such as ENOENT below /proc. */
export async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const above = dirname(path);
    if (code !== 'ENOENT' || existsSync(above)) throw error;
    await makeFolders(above);
    await makeFolders(path);
  }
}
