import { expect, it } from 'vitest';
import { progressText, reportText } from './replay.js';

const MIB = 1 << 20;
const standing = { from: 100, to: 100 + 8 * MIB, through: 100 + 2 * MIB, replayed: 1_200 };

it('progress says what was found, how much is searched, and where to go on if nobody could any more', () => {
  expect(progressText('badges', standing, 4)).toBe(
    '1,200 messages replayed into "badges", 2.0 MiB of 8.0 MiB searched (25%), through position 2097252, 512.0 KiB/s',
  );
  expect(progressText('badges', undefined, 4)).toBe('looking for where to begin in the journal');
  expect(progressText('badges', { from: 7, to: 7, through: 7, replayed: 0 }, 4)).toMatch(
    /0 B of 0 B searched \(100%\)/,
  );
});

it('the end is told with its range, or with where to go on', () => {
  const report = { consumer: 'badges', ...standing, isComplete: true, isLate: false, unseenBytes: 0 };
  expect(reportText({ ...report, replayed: 1 })).toBe(
    `1 message replayed into "badges", of positions 100 to ${standing.to}`,
  );
  expect(reportText({ ...report, isComplete: false })).toBe(
    `1,200 messages replayed into "badges", ended at position ${standing.through} of ${standing.to}; go on with --from ${standing.through}`,
  );
});
