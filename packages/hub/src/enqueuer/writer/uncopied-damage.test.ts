// What is cut from a damaged last segment is never deleted: where no copy of it can be made, the old file is kept.
import { beforeEach, describe, expect, it } from 'vitest';
import { readWhole } from '../../files/files.js';
import type { DiskOperation } from '../../files/memory-files.js';
import { Quarantine } from '../../files/quarantine.js';
import type { Entry } from '../../journal/encode.js';
import { indexName } from '../../queue/index-file.js';
import { JOURNAL, queueDirectory, WriterRig } from './writer-rig.fixture.js';

const MOST_COPIES = 1_000;
const FULL = { error: Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }) };

let rig: WriterRig;
let written: Entry[];
let segment: string;
beforeEach(() => {
  rig = new WriterRig(1);
  written = Array.from({ length: 8 }, (_, index) => rig.write([1], `message ${index}`));
  rig.writer.commit();
  segment = `${JOURNAL}/${rig.segments.at(-1)}`;
});

/** Changes the segment; what it is then. */
function damage(change: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const bytes = change(readWhole(rig.files, segment));
  rig.files.remove(segment);
  const file = rig.files.create(segment);
  file.append(bytes);
  file.close();
  return bytes;
}

/** Where a message's record lies in the segment, from its end. */
function fromEnd(message: number): number {
  const last = written.at(-1) as Entry;
  return last.position + last.length - (written[message] as Entry).position;
}

function copyMost(): void {
  rig.files.makeDirectory('/quarantine');
  for (let at = 0; at < MOST_COPIES; at++) {
    rig.files.create(`/quarantine/20260131T120000000Z.journal.another@${at}-${at + 1}`).close();
  }
}

const wholeOnes = () => new Quarantine(rig.files, '').list().filter(({ range }) => range === undefined);

/** Whole records behind a damaged one, of which no index file knows. */
function damageUncommitted(): Uint8Array {
  rig.files.remove(`${queueDirectory(1)}/${indexName(0)}`);
  return damage((bytes) => bytes.with(bytes.byteLength - fromEnd(4) + 40, 0xee));
}

const CASES: readonly [string, () => Uint8Array][] = [
  ['what may not have been committed', damageUncommitted],
  ['part of a committed record', () => damage((bytes) => bytes.subarray(0, bytes.byteLength - fromEnd(5) + 10))],
  ['a damaged header', () => damage((bytes) => bytes.with(30, 0xee))],
];

describe.each(CASES)('a last segment from which a start takes %s', (_, spoil) => {
  it('is kept as it was when so much has been copied that no more is', () => {
    const old = spoil();
    copyMost();
    const { damage } = new WriterRig(1, { files: rig.files }).report;
    expect(wholeOnes().length).toBe(1);
    expect(damage).toMatchObject([{ kind: 'journal', path: segment }]);
    expect(readWhole(rig.files, damage[0]?.aside as string)).toEqual(old);
    expect(readWhole(rig.files, segment)).not.toEqual(old);
    expect(new WriterRig(1, { files: rig.files }).report.damage).toEqual([]);
  });

  it('is copied from as long as copies are made', () => {
    spoil();
    new WriterRig(1, { files: rig.files });
    expect(wholeOnes()).toEqual([]);
  });

  it('is kept when the disk has no room for a copy', () => {
    const old = spoil();
    rig.files.hook = ({ kind, path }) => (kind === 'append' && path.startsWith('/quarantine/') ? FULL : undefined);
    const { damage } = new WriterRig(1, { files: rig.files }).report;
    expect(readWhole(rig.files, damage[0]?.aside as string)).toEqual(old);
  });

  it('stays where it is when the disk has no room at all', () => {
    const old = spoil();
    const isWritten = ({ kind, path }: DiskOperation) => kind === 'append' && /^\/quarantine\/|seg\.tmp$/.test(path);
    rig.files.hook = (operation) => (isWritten(operation) ? FULL : undefined);
    expect(() => new WriterRig(1, { files: rig.files })).toThrow('ENOSPC');
    expect(readWhole(rig.files, segment)).toEqual(old);
    expect(wholeOnes()).toEqual([]);
  });
});

it('a torn tail is cut without being kept', () => {
  damage((bytes) => Uint8Array.from([...bytes, ...new Uint8Array(17).fill(0xab)]));
  copyMost();
  expect(new WriterRig(1, { files: rig.files }).report).toMatchObject({ cut: { cutBytes: 17 }, damage: [] });
  expect(wholeOnes()).toEqual([]);
});
