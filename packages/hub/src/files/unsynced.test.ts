// A loss of power, as files in memory have it: anything that was not synced may be there or not, and nothing that was is gone.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWhole } from './files.js';
import { MemoryFiles } from './memory-files.js';

const SECTOR = 4;

/** A disk with one file, synced, of so many bytes of 1. */
function withFile(bytes: number): MemoryFiles {
  const files = new MemoryFiles({ sectorBytes: SECTOR });
  files.makeDirectory('/d');
  const file = files.create('/d/f');
  file.append(new Uint8Array(bytes).fill(1));
  file.sync();
  file.close();
  files.syncDirectory('/d');
  return files;
}

/** Chances in a row, then over again. */
const chances = (...numbers: readonly number[]) => {
  let at = 0;
  return () => numbers[at++ % numbers.length] as number;
};

const anyChance = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
  minLength: 40,
  maxLength: 40,
});

describe('a loss of power', () => {
  it('leaves each sector that was written over as it was or as it is, in any combination', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyChance, (numbers) => {
        const files = withFile(3 * SECTOR);
        files.overwrite('/d/f').append(new Uint8Array(3 * SECTOR).fill(2));
        files.losePower(chances(...numbers));
        const text = readWhole(files, '/d/f').join('');
        expect(text).toMatch(/^(1111|2222){3}$/);
        seen.add(text);
      }),
      { numRuns: 500 },
    );
    expect(seen.size).toBe(8);
  });

  it('leaves a file that grew at any length between, with zeros where nothing had come to the disk', () => {
    fc.assert(
      fc.property(anyChance, (numbers) => {
        const files = withFile(SECTOR);
        const file = files.overwrite('/d/f');
        file.append(new Uint8Array(SECTOR).fill(1));
        file.append(new Uint8Array(2 * SECTOR).fill(2));
        files.losePower(chances(...numbers));
        expect(readWhole(files, '/d/f').join('')).toMatch(/^1111((2222|0000){0,2})(2{0,3}|0{0,3})$/);
      }),
    );
  });

  it('takes back what a sync that failed was to write, and a later one that succeeds does not bring it', () => {
    const files = withFile(2 * SECTOR);
    const file = files.overwrite('/d/f');
    file.append(new Uint8Array(SECTOR).fill(2));
    files.hook = ({ kind }) => (kind === 'sync' ? { error: new Error('EIO'), lies: true } : undefined);
    expect(() => file.sync()).toThrow('EIO');
    files.hook = undefined;
    file.append(new Uint8Array(SECTOR).fill(3));
    file.sync();
    expect(readWhole(files, '/d/f').join('')).toBe('22223333');
    files.losePower();
    expect(readWhole(files, '/d/f').join('')).toBe('11113333');
  });

  it('does some changes of names and not others, but none of a file after one of the same that it left out', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyChance, (numbers) => {
        const files = withFile(1);
        files.create('/d/a.tmp').close();
        files.rename('/d/a.tmp', '/d/a');
        files.remove('/d/f');
        files.losePower(chances(...numbers));
        seen.add(files.list('/d').join());
      }),
      { numRuns: 500 },
    );
    expect([...seen].sort()).toEqual(['', 'a', 'a,f', 'a.tmp', 'a.tmp,f', 'f']);
  });
});
