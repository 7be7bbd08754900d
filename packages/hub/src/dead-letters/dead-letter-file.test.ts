// A dead letter is there once sync() has returned, whatever becomes of its thread and of the power; what is torn is none.
import { beforeEach, describe, expect, it } from 'vitest';
import { toErrorData } from '../errors.js';
import { MemoryFiles } from '../files/memory-files.js';
import { SettleReason } from '../settlement/settle-record.js';
import { findLetters } from './letter-search.js';
import { exampleLetter, idsIn, newWriter, openStore, QUEUE, search, writeLetters } from './letters.fixture.js';

let files: MemoryFiles;
beforeEach(() => {
  files = new MemoryFiles();
});

const DEAD = `${QUEUE.directory}/dead`;

/** Adds letters as a thread does: again and again until it has been told that they are safe. */
function addUntilSafe(writer: ReturnType<typeof newWriter>, ordinals: readonly number[]): void {
  for (;;) {
    try {
      for (const ordinal of ordinals) writer.add(exampleLetter(ordinal));
      writer.sync();
      return;
    } catch {
      // It is told so, and adds them again.
    }
  }
}

describe('a letter', () => {
  it('has all that was said about it, and the record as it lay in the journal', () => {
    const cause = Object.assign(new TypeError('no such key'), { code: 'E_KEY' });
    const letter = exampleLetter(7, {
      reason: SettleReason.ATTEMPTS,
      text: 'the 20th attempt',
      error: toErrorData(cause),
    });
    const writer = newWriter(files);
    writer.add(letter);
    writer.sync();
    const { note, record } = openStore(files).read(search(files)[0] as never) ?? {};
    const { record: written, ...said } = letter;
    expect(note).toEqual(said);
    expect(record).toEqual(written);
  });

  it('keeps of long texts the beginning, so that it does not take more than its message', () => {
    const long = 'x'.repeat(1_000_000);
    const writer = newWriter(files);
    const error = { name: long, message: `\u{1f4a9}${long}`, stack: long, code: long };
    writer.add(exampleLetter(1, { text: `"${long}`, error }));
    writer.sync();
    const { note } = openStore(files).read(search(files)[0] as never) ?? {};
    expect(note?.text).toHaveLength(2_048);
    expect(note?.error?.message.startsWith('\u{1f4a9}xx')).toBe(true);
    expect(files.size(`${DEAD}/t0-1.seg`)).toBeLessThan(40_000);
  });

  it('that was added and not synced may be gone after a loss of power; one that was synced is not', () => {
    const writer = newWriter(files);
    writer.add(exampleLetter(1));
    writer.sync();
    writer.add(exampleLetter(2));
    files.losePower();
    expect(idsIn(files)).toEqual([1]);
  });
});

describe('a writer', () => {
  it('makes no file before its first letter, and shares none with another thread or incarnation', () => {
    newWriter(files).close();
    expect(files.list(DEAD)).toEqual([]);
    writeLetters(files, [1], { writer: 't0', incarnation: 1 });
    writeLetters(files, [2], { writer: 't1', incarnation: 1 });
    writeLetters(files, [3], { writer: 't0', incarnation: 2 });
    writeLetters(files, [4], { writer: 'overflow', incarnation: 2 });
    expect(files.list(DEAD)).toEqual(['overflow-2.seg', 't0-1.seg', 't0-2.seg', 't1-1.seg']);
    expect(idsIn(files)).toEqual([1, 2, 3, 4]);
    expect(files.openFiles).toBe(0);
  });

  it('begins another file where its name is taken, and at 16 MiB', () => {
    writeLetters(files, [1]);
    const writer = newWriter(files);
    for (const ordinal of [2, 3, 4]) {
      writer.add(exampleLetter(ordinal, { body: 'x'.repeat(9_000_000) }));
      writer.sync();
    }
    expect(files.list(DEAD)).toEqual(['t0-1-2.seg', 't0-1-3.seg', 't0-1.seg']);
    expect(idsIn(files)).toEqual([1, 2, 3, 4]);
  });

  it.each(['loseProcess', 'losePower'] as const)(
    'that fails anywhere says so; what it has said to be safe is there once after %s',
    (lose) => {
      for (let failAt = 0; ; failAt++) {
        files = new MemoryFiles();
        let operations = 0;
        files.hook = ({ kind, bytes }) =>
          operations++ === failAt
            ? { error: new Error('EIO'), written: kind === 'append' ? bytes >> 1 : 0 }
            : undefined;
        const writer = newWriter(files);
        addUntilSafe(writer, [1, 2]);
        addUntilSafe(writer, [3]);
        const failed = operations > failAt;
        files[lose]();
        expect(idsIn(files), `failed at operation ${failAt}`).toEqual([1, 2, 3]);
        expect(openStore(files).kept, `failed at operation ${failAt}`).toBe(3);
        expect(idsIn(files)).toEqual([1, 2, 3]);
        if (!failed) return;
      }
    },
  );

  it('that waits for its sync in a file which cannot be ended is not taken for safe', () => {
    const writer = newWriter(files);
    writer.add(exampleLetter(1, { body: 'x'.repeat(17 << 20) }));
    files.hook = ({ kind }) => (kind === 'sync' ? { error: new Error('EIO') } : undefined);
    expect(() => writer.add(exampleLetter(2))).toThrow('EIO');
    files.hook = undefined;
    expect(() => writer.sync()).toThrow('EIO');
    addUntilSafe(writer, [1, 2]);
    expect(idsIn(files)).toEqual([1, 2]);
  });

  it('on a disk that stays full leaves no files behind, however often it is tried', () => {
    files.hook = ({ kind }) => (kind === 'append' ? { error: new Error('ENOSPC') } : undefined);
    const writer = newWriter(files);
    for (let n = 0; n < 10; n++) expect(() => writer.add(exampleLetter(n))).toThrow('ENOSPC');
    expect(files.list(DEAD)).toEqual([]);
    expect(files.openFiles).toBe(0);
  });
});

describe('a file', () => {
  it('that is cut anywhere has the letters before the cut, and says what is no letter', () => {
    const ordinals = [1, 2, 3];
    writeLetters(files, ordinals, { closed: false });
    const whole = contentOf(`${DEAD}/t0-1.seg`);
    const ends = ordinals.map((count) => sizeWith(ordinals.slice(0, count)));
    for (let bytes = 0; bytes < whole.byteLength; bytes++) {
      replace(`${DEAD}/t0-1.seg`, whole.subarray(0, bytes));
      const { letters, unreadable } = findLetters({ ...QUEUE, files, filter: {}, most: 9, isSettled: () => true });
      const there = ends.filter((end) => end <= bytes).length;
      expect(letters.map(({ id }) => id)).toEqual(ordinals.slice(0, there));
      const isWhole = bytes === 32 || ends.includes(bytes) || bytes === 0;
      expect(unreadable.length, `cut to ${bytes} bytes`).toBe(isWhole ? 0 : 1);
    }
  });

  it('with any byte changed gives no letter that was not written', () => {
    writeLetters(files, [1, 2]);
    const whole = contentOf(`${DEAD}/t0-1.seg`);
    for (let at = 0; at < whole.byteLength; at++) {
      const changed = whole.slice();
      changed[at] = (changed[at] as number) ^ 0x41;
      replace(`${DEAD}/t0-1.seg`, changed);
      const store = openStore(files);
      for (const listed of search(files)) {
        const read = attempt(() => store.read(listed));
        if (read === undefined) continue;
        const { record, ...said } = exampleLetter(listed.id);
        expect(read, `byte ${at}`).toEqual({ note: said, record });
      }
    }
  });

  it('of another queue, or of a newer Penstock, is left alone and told of', () => {
    writeLetters(files, [1]);
    writeLetters(files, [2], { incarnation: 2 });
    const other = contentOf(`${DEAD}/t0-1.seg`);
    other[12] = 99;
    replace(`${DEAD}/t0-1.seg`, other);
    const store = openStore(files);
    expect(store.kept).toBe(1);
    expect(store.problems).toEqual([
      expect.stringMatching(/t0-1\.seg does not begin as a file of dead letters of queue 3/),
    ]);
    expect(idsIn(files)).toEqual([2]);
    expect(files.list(DEAD)).toEqual(['kept.json', 't0-1.seg', 't0-2.seg']);
  });

  it('cannot be made to look closed by a message', () => {
    const footer = contentWithFooterOf([1]);
    const writer = newWriter(files, 5);
    writer.add(exampleLetter(8, { body: footer }));
    writer.sync();
    expect(openStore(files).kept).toBe(1);
    expect(idsIn(files)).toEqual([8]);
  });

  it('is read while its thread writes to it', () => {
    const writer = newWriter(files);
    for (let ordinal = 0; ordinal < 5; ordinal++) {
      writer.add(exampleLetter(ordinal));
      writer.sync();
      expect(idsIn(files)).toHaveLength(ordinal + 1);
    }
    writer.close();
    expect(idsIn(files)).toEqual([0, 1, 2, 3, 4]);
  });
});

function attempt<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function contentOf(path: string): Uint8Array {
  const file = files.open(path);
  const bytes = new Uint8Array(file.size());
  file.read(bytes, 0);
  file.close();
  return bytes;
}

function replace(path: string, bytes: Uint8Array): void {
  if (files.list(DEAD).includes(path.slice(DEAD.length + 1))) files.remove(path);
  const file = files.create(path);
  file.append(bytes);
  file.sync();
  file.close();
}

/** How large a file with these letters is that was not closed. */
function sizeWith(ordinals: readonly number[]): number {
  const scratch = new MemoryFiles();
  writeLetters(scratch, ordinals, { closed: false });
  return scratch.size(`${DEAD}/t0-1.seg`);
}

/** The last bytes of a closed file. */
function contentWithFooterOf(ordinals: readonly number[]): Uint8Array {
  const scratch = new MemoryFiles();
  writeLetters(scratch, ordinals);
  const file = scratch.open(`${DEAD}/t0-1.seg`);
  const bytes = new Uint8Array(48);
  file.read(bytes, file.size() - 48);
  return bytes;
}
