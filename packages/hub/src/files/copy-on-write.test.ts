// A view of files that takes every change and passes none on.
import { expect, it } from 'vitest';
import { CopyOnWriteFiles } from './copy-on-write.js';
import { readWhole, replaceFile } from './files.js';
import { MemoryFiles } from './memory-files.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function below(): MemoryFiles {
  const files = new MemoryFiles();
  files.makeDirectory('/a/sub');
  for (const path of ['/a/one', '/a/two', '/a/sub/three']) {
    const file = files.create(path);
    file.append(bytes(path));
    file.close();
  }
  return files;
}

it('shows what is below, and what was changed in its place', () => {
  const files = new CopyOnWriteFiles(below());
  const text = (path: string) => new TextDecoder().decode(readWhole(files, path));
  replaceFile(files, '/a', 'one', bytes('changed'));
  files.rename('/a/two', '/a/renamed');
  files.remove('/a/sub');
  const file = files.overwrite('/a/renamed');
  file.append(bytes('/A'));
  file.close();
  expect(files.list('/a')).toEqual(['one', 'renamed']);
  expect([text('/a/one'), text('/a/renamed'), files.size('/a/renamed')]).toEqual(['changed', '/A/two', 6]);
  expect(files.list('/a/sub')).toEqual([]);
  expect(() => files.open('/a/two')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  expect(() => files.size('/a/sub/three')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
});

it('does nothing to the files below but look at them', () => {
  const disk = below();
  const done = new Set<string>();
  disk.hook = ({ kind }) => {
    done.add(kind);
    return undefined;
  };
  const files = new CopyOnWriteFiles(disk);
  files.create('/a/new').close();
  files.rename('/a/one', '/a/new');
  files.link('/a/two', '/a/also-two');
  files.overwrite('/a/two').truncate();
  files.remove('/a/sub');
  files.makeDirectory('/b');
  files.syncDirectory();
  expect([...done].filter((kind) => !['open', 'read', 'list'].includes(kind))).toEqual([]);
  expect(disk.list('/a')).toEqual(['one', 'sub', 'two']);
});
