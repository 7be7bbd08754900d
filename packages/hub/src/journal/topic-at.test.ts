// The topic of a message by its position alone: found where the journal has it, and never made up where it has not.
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryFiles } from '../files/memory-files.js';
import { writeExampleSegment } from './segment.fixture.js';
import { topicAt } from './topic-at.js';

const JOURNAL = '/journal';
const MESSAGES = [
  { topic: 'org.example.short', body: 'x' },
  { topic: 'org.example.ünïcödé', body: Buffer.alloc(100_000, 1) },
  { topic: `org.${'x'.repeat(1_020)}`, body: '' },
];

let files: MemoryFiles;
beforeEach(() => {
  files = new MemoryFiles();
  files.makeDirectory(JOURNAL);
});

describe('topicAt', () => {
  it('finds the topic of each message of each segment, however long it or its body is', () => {
    const first = writeExampleSegment(files, JOURNAL, 0, MESSAGES);
    const second = writeExampleSegment(files, JOURNAL, first.endPosition, MESSAGES);
    const positions = [...first.positions, ...second.positions];
    const topics = MESSAGES.map(({ topic }) => topic);
    expect(positions.map((position) => topicAt(files, JOURNAL, position))).toEqual([...topics, ...topics]);
  });

  it('knows none of a position at which no message begins, which is past the end, or in a segment that is gone', () => {
    const { positions, endPosition } = writeExampleSegment(files, JOURNAL, 1_000, MESSAGES);
    for (const position of [0, 999, (positions[1] as number) + 1, endPosition, endPosition + 1e9]) {
      expect(topicAt(files, JOURNAL, position)).toBeUndefined();
    }
  });

  it('knows none where the journal cannot be read', () => {
    expect(topicAt(files, '/elsewhere', 0)).toBeUndefined();
  });
});
