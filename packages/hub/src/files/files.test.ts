// What everything above relies on a disk for; each implementation of Files has to pass all of it.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CopyOnWriteFiles } from './copy-on-write.js';
import { type File, type Files, isMissing, readWhole, replaceFile } from './files.js';
import { MemoryFiles } from './memory-files.js';
import { NodeFiles } from './node-files.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (files: Files, path: string): string => new TextDecoder().decode(readWhole(files, path));

function codeOf(act: () => unknown): unknown {
  try {
    act();
    return 'nothing was thrown';
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

function writeNew(files: Files, path: string, content: string): void {
  const file = files.create(path);
  file.append(bytes(content));
  file.close();
}

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'penstock-files-'));
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

const implementations: [string, () => Files][] = [
  ['NodeFiles', () => new NodeFiles({ durable: true })],
  ['NodeFiles without syncing', () => new NodeFiles({ durable: false })],
  ['MemoryFiles', () => new MemoryFiles()],
  ['CopyOnWriteFiles', () => new CopyOnWriteFiles(new MemoryFiles())],
];

describe.each(implementations)('%s', (_, make) => {
  let files: Files;
  let dir: string;
  beforeEach(() => {
    files = make();
    dir = `${scratch}/disk`;
    files.makeDirectory(dir);
  });

  it('appends in order, and reads anywhere', () => {
    const file = files.create(`${dir}/a`);
    file.append(bytes('one '));
    file.append(bytes('two'));
    const into = new Uint8Array(5);
    expect(file.read(into, 2)).toBe(5);
    expect(new TextDecoder().decode(into)).toBe('e two');
    expect([file.size(), files.size(`${dir}/a`)]).toEqual([7, 7]);
    file.close();
  });

  it('reads up to the end, and nothing beyond it', () => {
    writeNew(files, `${dir}/a`, 'abc');
    const file = files.open(`${dir}/a`);
    const into = new Uint8Array(8);
    expect([file.read(into, 1), file.read(into, 3), file.read(into, 100)]).toEqual([2, 0, 0]);
    file.close();
  });

  it('shows what was appended to whoever has the file open, before any sync', () => {
    const writer = files.create(`${dir}/a`);
    const reader = files.open(`${dir}/a`);
    writer.append(bytes('now'));
    expect(reader.size()).toBe(3);
    expect(reader.read(new Uint8Array(3), 0)).toBe(3);
    reader.sync();
    writer.close();
    reader.close();
  });

  it('appends nothing when there is nothing to append', () => {
    const file = files.create(`${dir}/a`);
    file.append(new Uint8Array(0));
    expect(file.size()).toBe(0);
    file.close();
  });

  it('writes from the beginning over what is there, and cuts the rest off when told to', () => {
    writeNew(files, `${dir}/a`, 'something old');
    const file = files.overwrite(`${dir}/a`);
    expect(file.size()).toBe(13);
    file.append(bytes('new'));
    file.append(bytes('er'));
    expect(text(files, `${dir}/a`)).toBe('newerhing old');
    file.truncate();
    expect(text(files, `${dir}/a`)).toBe('newer');
    file.close();
  });

  it('creates a file only where there is none', () => {
    writeNew(files, `${dir}/a`, '');
    expect(codeOf(() => files.create(`${dir}/a`))).toBe('EEXIST');
    expect(codeOf(() => files.create(`${dir}/missing/a`))).toBe('ENOENT');
  });

  it('says which file is missing as the system does', () => {
    expect(codeOf(() => files.open(`${dir}/a`))).toBe('ENOENT');
    expect(codeOf(() => files.overwrite(`${dir}/a`))).toBe('ENOENT');
    expect(codeOf(() => files.rename(`${dir}/a`, `${dir}/b`))).toBe('ENOENT');
    expect(codeOf(() => files.size(`${dir}/a`))).toBe('ENOENT');
    expect(isMissing(Object.assign(new Error('other'), { code: 'EIO' }))).toBe(false);
  });

  it('takes no bytes through a handle that was opened for reading', () => {
    writeNew(files, `${dir}/a`, 'abc');
    const file = files.open(`${dir}/a`);
    expect(codeOf(() => file.append(bytes('x')))).toBe('EBADF');
    file.close();
    expect(text(files, `${dir}/a`)).toBe('abc');
  });

  it('lists names sorted, directories too, and none of a directory that is not there', () => {
    for (const name of ['b', 'a', 'c']) writeNew(files, `${dir}/${name}`, '');
    files.makeDirectory(`${dir}/aa/below`);
    expect(files.list(dir)).toEqual(['a', 'aa', 'b', 'c']);
    expect(files.list(`${dir}/missing`)).toEqual([]);
  });

  it('makes a directory that is there already, and keeps what is in it', () => {
    files.makeDirectory(`${dir}/a/b`);
    writeNew(files, `${dir}/a/b/file`, 'kept');
    files.makeDirectory(`${dir}/a/b`);
    expect(text(files, `${dir}/a/b/file`)).toBe('kept');
  });

  it('renames over what had the name; who has either open goes on with it, and what had two keeps the other', () => {
    writeNew(files, `${dir}/a`, 'new');
    writeNew(files, `${dir}/b`, 'older');
    const a = files.open(`${dir}/a`);
    const b = files.open(`${dir}/b`);
    files.link(`${dir}/b`, `${dir}/c`);
    files.rename(`${dir}/a`, `${dir}/b`);
    expect(files.list(dir)).toEqual(['b', 'c']);
    expect([text(files, `${dir}/b`), text(files, `${dir}/c`)]).toEqual(['new', 'older']);
    expect(codeOf(() => files.link(`${dir}/b`, `${dir}/c`))).toBe('EEXIST');
    expect([a.size(), b.size()]).toEqual([3, 5]);
    a.close();
    b.close();
  });

  it('removes a file, or a directory with all in it; who has a file open still reads it', () => {
    files.makeDirectory(`${dir}/a/b`);
    writeNew(files, `${dir}/a/b/file`, 'still');
    writeNew(files, `${dir}/ab`, 'not inside');
    const file = files.open(`${dir}/a/b/file`);
    files.remove(`${dir}/a`);
    files.remove(`${dir}/missing`);
    expect(files.list(dir)).toEqual(['ab']);
    expect(file.read(new Uint8Array(5), 0)).toBe(5);
    file.close();
    files.remove(`${dir}/ab`);
    expect(files.list(dir)).toEqual([]);
  });

  it('syncs files and directories', () => {
    const file = files.create(`${dir}/a`);
    file.append(bytes('x'));
    file.sync();
    file.close();
    files.syncDirectory(dir);
    expect(text(files, `${dir}/a`)).toBe('x');
  });

  it('replaces a small file whole, also where an earlier try was cut off', () => {
    writeNew(files, `${dir}/a.tmp`, 'half a try');
    replaceFile(files, dir, 'a', bytes('first'));
    replaceFile(files, dir, 'a', bytes('second'));
    expect(text(files, `${dir}/a`)).toBe('second');
    expect(files.list(dir)).toEqual(['a']);
  });
});

describe('NodeFiles', () => {
  it('keeps what it makes from other users', () => {
    const files = new NodeFiles({ durable: true });
    files.makeDirectory(`${scratch}/private`);
    writeNew(files, `${scratch}/private/a`, '');
    expect(statSync(`${scratch}/private`).mode & 0o777).toBe(0o700);
    expect(statSync(`${scratch}/private/a`).mode & 0o777).toBe(0o600);
  });
});

const name = fc.constantFrom('a', 'b', 'c');
const content = fc.string({ maxLength: 12 });
const step = fc.oneof(
  fc.record({ kind: fc.constantFrom('create' as const, 'overwrite' as const), name, first: content, second: content }),
  fc.record({ kind: fc.constant('truncate' as const), name, first: content }),
  fc.record({ kind: fc.constant('rename' as const), name, to: name }),
  fc.record({ kind: fc.constant('remove' as const), name }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What one step shows: an error's code, or the whole directory after it. */
function take(files: Files, dir: string, given: Step): unknown {
  const path = `${dir}/${given.name}`;
  const written = (file: File, ...parts: string[]) => {
    for (const part of parts) file.append(bytes(part));
    return file;
  };
  const outcome = codeOf(() => {
    if (given.kind === 'remove') files.remove(path);
    else if (given.kind === 'rename') files.rename(path, `${dir}/${given.to}`);
    else if (given.kind === 'truncate') {
      const file = written(files.overwrite(path), given.first);
      file.truncate();
      file.close();
    } else written(files[given.kind](path), given.first, given.second).close();
  });
  return {
    outcome,
    all: files.list(dir).map((each) => [each, text(files, `${dir}/${each}`), files.size(`${dir}/${each}`)]),
  };
}

describe('MemoryFiles', () => {
  it('behaves as a real disk does, whatever is done in whatever order', () => {
    let run = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const dir = `${scratch}/${run++}`;
        const [real, memory] = [new NodeFiles({ durable: false }), new MemoryFiles()];
        real.makeDirectory(dir);
        memory.makeDirectory(dir);
        expect(steps.map((each) => take(memory, dir, each))).toEqual(steps.map((each) => take(real, dir, each)));
      }),
      { numRuns: 100 },
    );
  });

  it('knows which files were left open', () => {
    const files = new MemoryFiles();
    const file = files.create('/a');
    expect(files.openFiles).toBe(1);
    file.close();
    expect(files.openFiles).toBe(0);
    expect(codeOf(() => file.close())).toBe('EBADF');
    expect(codeOf(() => file.append(bytes('late')))).toBe('EBADF');
  });

  it('loses with the power what was not synced, bytes and names, but no directory that was made', () => {
    const files = new MemoryFiles();
    files.makeDirectory('/kept');
    const kept = files.create('/kept/a');
    kept.append(bytes('synced'));
    kept.sync();
    files.syncDirectory('/kept');
    kept.append(bytes(', and not'));
    writeNew(files, '/kept/b', 'never synced');
    files.remove('/kept/c');
    files.rename('/kept/b', '/kept/c');
    files.makeDirectory('/made/below');
    writeNew(files, '/made/below/d', 'never synced');
    files.losePower();
    expect([files.list(''), files.list('/made'), files.list('/made/below')]).toEqual([['kept', 'made'], ['below'], []]);
    expect([files.list('/kept'), text(files, '/kept/a')]).toEqual([['a'], 'synced']);
  });

  it('brings back with the power what was removed or renamed and whose directory was not synced', () => {
    const files = new MemoryFiles();
    for (const path of ['/a', '/b']) {
      const file = files.create(path);
      file.append(bytes(path));
      file.sync();
      file.close();
    }
    files.syncDirectory('');
    files.remove('/a');
    files.rename('/b', '/c');
    files.losePower();
    expect([files.list(''), text(files, '/a'), text(files, '/b')]).toEqual([['a', 'b'], '/a', '/b']);
  });

  it('lets a hook fail any operation, an append in the middle of its bytes', () => {
    const files = new MemoryFiles();
    const file = files.create('/a');
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
    files.hook = ({ kind, path, bytes: size }) =>
      kind === 'append' && path === '/a' ? { error: full, written: size - 1 } : undefined;
    expect(codeOf(() => file.append(bytes('abc')))).toBe('ENOSPC');
    files.hook = undefined;
    expect(text(files, '/a')).toBe('ab');
  });
});
