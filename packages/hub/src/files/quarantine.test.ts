// What is set aside is kept under a name that tells where it comes from, and nothing is copied twice or without bound.
import { beforeEach, describe, expect, it } from 'vitest';
import { readWhole } from './files.js';
import { MemoryFiles } from './memory-files.js';
import { parseName, Quarantine } from './quarantine.js';

const NOW = Date.UTC(2026, 0, 31, 12, 0, 0, 7);

let files: MemoryFiles;
let quarantine: Quarantine;
beforeEach(() => {
  files = new MemoryFiles();
  files.makeDirectory('/data/queues/1-a');
  quarantine = new Quarantine(files, '/data', () => NOW);
});

function write(path: string, bytes: Uint8Array): void {
  const file = files.create(path);
  file.append(bytes);
  file.sync();
  file.close();
}

it('a file that is moved aside keeps its bytes, and its name tells when, what and from where', () => {
  write('/data/queues/1-a/queue.json', new Uint8Array([1, 2, 3]));
  const aside = quarantine.moveAside('queue-file', '/data/queues/1-a/queue.json');
  expect(aside).toBe('/data/quarantine/20260131T120000007Z.queue-file.queues+1-a+queue.json');
  expect(readWhole(files, aside as string)).toEqual(new Uint8Array([1, 2, 3]));
  expect(files.list('/data/queues/1-a')).toEqual([]);
  expect(quarantine.moveAside('queue-file', '/data/queues/1-a/queue.json')).toBeUndefined();
});

it('two that come from the same place at the same moment are both kept', () => {
  for (const byte of [1, 2]) {
    write('/data/hub.json', new Uint8Array([byte]));
    quarantine.moveAside('hub-file', '/data/hub.json');
  }
  expect(quarantine.list().map(({ source }) => source)).toEqual(['hub.json', 'hub.json']);
});

it('a range is copied once, however often it is met, also by another start', () => {
  write('/data/x.seg', new Uint8Array(100).fill(7));
  const file = files.open('/data/x.seg');
  const first = quarantine.keepCopy('journal', '/data/x.seg', file, 10, 40);
  expect(readWhole(files, first as string)).toEqual(new Uint8Array(30).fill(7));
  expect(quarantine.keepCopy('journal', '/data/x.seg', file, 20, 30)).toBe(first);
  expect(new Quarantine(files, '/data').keepCopy('journal', '/data/x.seg', file, 10, 40)).toBe(first);
  expect(quarantine.keepCopy('journal', '/data/x.seg', file, 90, 200)).toContain('@90-100');
  expect(quarantine.keepCopy('journal', '/data/x.seg', file, 100, 200)).toBeUndefined();
  expect(quarantine.list().length).toBe(2);
});

it('a copy that the disk has no room for leaves nothing behind, and is made when there is room again', () => {
  write('/data/x.seg', new Uint8Array(100).fill(7));
  const file = files.open('/data/x.seg');
  const full = { error: Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }), written: 10 };
  files.hook = ({ kind }) => (kind === 'append' ? full : undefined);
  expect(quarantine.keepCopy('journal', '/data/x.seg', file, 10, 40)).toBeUndefined();
  files.hook = undefined;
  expect(files.list('/data/quarantine')).toEqual([]);
  const kept = quarantine.keepCopy('journal', '/data/x.seg', file, 10, 40);
  expect(readWhole(files, kept as string)).toEqual(new Uint8Array(30).fill(7));
});

it('no more than a thousand ranges are copied', () => {
  write('/data/x.seg', new Uint8Array(3_000));
  const file = files.open('/data/x.seg');
  for (let at = 0; at < 1_100; at++) quarantine.keepCopy('journal', '/data/x.seg', file, at, at + 1);
  expect(quarantine.list().length).toBe(1_000);
});

describe('a file that is kept as a whole while another takes its name', () => {
  const bytes = new Uint8Array(100).fill(7);

  it.each([
    ['by a second name', undefined],
    ['as a copy where there are no second names', 'EPERM'],
  ])('is kept %s', (_, code) => {
    write('/data/x.seg', bytes);
    const refused = { error: Object.assign(new Error(code), { code }) };
    files.hook = ({ kind }) => (kind === 'link' && code !== undefined ? refused : undefined);
    const kept = quarantine.keepWhole('journal', '/data/x.seg');
    write('/data/x.seg.tmp', new Uint8Array(1));
    files.rename('/data/x.seg.tmp', '/data/x.seg');
    files.losePower();
    expect(readWhole(files, kept)).toEqual(bytes);
    expect(quarantine.list()).toMatchObject([{ kind: 'journal', source: 'x.seg', range: undefined }]);
  });

  it('fails where the disk has no room for a name', () => {
    write('/data/x.seg', bytes);
    const full = { error: Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }) };
    files.hook = ({ kind }) => (kind === 'link' ? full : undefined);
    expect(() => quarantine.keepWhole('journal', '/data/x.seg')).toThrow('ENOSPC');
  });
});

it('a name tells what was put there, and nothing else is taken for one', () => {
  const name = '20260131T120000007Z.journal.journal+0000000000000000.seg@4096-4608~2';
  const source = 'journal+0000000000000000.seg';
  expect(parseName(name)).toEqual({ name, kind: 'journal', source, range: { from: 4_096, to: 4_608 } });
  for (const other of ['', 'notes.txt', 'journal+0000000000000000.seg']) expect(parseName(other)).toBeUndefined();
});
