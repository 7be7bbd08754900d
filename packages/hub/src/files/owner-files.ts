// The lock of a directory where there is no flock(1): files that are numbered, each linked to by one process alone. The
// highest number says who has it. Whoever finds its holder gone takes the next number, and of several one gets it; a
// name that is removed and made again would let two of them think that they had replaced the same dead one.
import { linkSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { isHeld, NOBODY, readRecord } from './lock-record.js';

const NAME = /^lock\.owner\.(\d+)$/;

/** More turns than this in one try mean that others take and give back the lock without end. */
const MOST_TRIES = 100;

/**
 * Takes the lock, if it is free.
 *
 * @param record What to write down of this process.
 * @returns How to give it back; undefined when another process has it.
 */
export function takeOwnerFile(directory: string, record: string): (() => void) | undefined {
  const mine = `${directory}/lock.new.${process.pid}`;
  writeFileSync(mine, record, { mode: 0o600 });
  try {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const last = numbersIn(directory).at(-1) ?? 0;
      if (isHeld(readRecord(pathOf(directory, last)))) return undefined;
      const path = pathOf(directory, last + 1);
      if (!linkIfNew(mine, path)) continue;
      const numbers = numbersIn(directory);
      if (numbers.at(-1) === last + 1) {
        for (const old of numbers.slice(0, -1)) rmSync(pathOf(directory, old), { force: true });
        // Not removed: numbers never come again.
        return () => writeFileSync(path, NOBODY);
      }
      // By the time of the link the numbers had gone on, and this one had been used and removed.
      rmSync(path, { force: true });
    }
    return undefined;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** What the holder has written down, or the last one did; undefined when the lock was given back. */
export function readOwnerFile(directory: string): string | undefined {
  const last = numbersIn(directory).at(-1);
  return last === undefined ? undefined : readRecord(pathOf(directory, last));
}

const pathOf = (directory: string, number: number): string => `${directory}/lock.owner.${number}`;

/** Ascending. */
function numbersIn(directory: string): number[] {
  try {
    const numbers = readdirSync(directory).map((name) => Number(name.match(NAME)?.[1] ?? Number.NaN));
    return numbers.filter(Number.isSafeInteger).sort((a, b) => a - b);
  } catch {
    return [];
  }
}

function linkIfNew(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
