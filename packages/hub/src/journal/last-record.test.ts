import { describe, expect, it } from 'vitest';
import { MemoryFiles } from '../files/memory-files.js';
import { lastRecordTime } from './last-record.js';
import { type ExampleMessage, writeExampleSegment } from './segment.fixture.js';
import { SegmentFiles } from './segment-files.js';

const FIRST = 1_000;

/** The time found in a segment of these messages, its file changed by `change` first. */
function timeOf(messages: readonly ExampleMessage[], change?: (bytes: Uint8Array) => Uint8Array): number | undefined {
  const files = new MemoryFiles();
  files.makeDirectory('/journal');
  const { path } = writeExampleSegment(files, '/journal', FIRST, messages);
  if (change !== undefined) {
    const file = files.open(path);
    const bytes = new Uint8Array(file.size());
    file.read(bytes, 0);
    file.close();
    files.remove(path);
    const changed = files.create(path);
    changed.append(change(bytes));
    changed.close();
  }
  const segment = new SegmentFiles(files, '/journal').openAt(FIRST);
  return segment && lastRecordTime(segment);
}

describe('the time of a segment’s last record', () => {
  it.each([
    ['short ones', 'x'],
    ['one longer than what is read first', 'x'.repeat(70_000)],
    ['one that is much longer', 'x'.repeat(700_000)],
  ])('is found behind %s', (_, body) => {
    expect(timeOf([{ time: 1 }, { time: 2, body }, { time: 3, body }])).toBe(3);
  });

  it('is not taken from a record that a message holds as its body', () => {
    const inner = new Uint8Array(60);
    new DataView(inner.buffer).setUint32(0, 60, true);
    expect(timeOf([{ time: 1 }, { time: 2, body: inner }])).toBe(2);
  });

  it('is that of the last whole one where the end is damaged', () => {
    expect(timeOf([{ time: 1 }, { time: 2 }, { time: 3 }], (bytes) => bytes.slice(0, -3))).toBe(2);
  });

  it('is none where there is no record', () => {
    expect(timeOf([])).toBeUndefined();
  });
});
