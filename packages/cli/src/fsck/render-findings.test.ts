// `hub fsck` as text.
import type { Finding, FsckReport } from '@penstock/hub/control';
import { expect, test } from 'vitest';
import { PLAIN } from '../table/look.js';
import { countedFindings, renderFindings } from './render-findings.js';

const record: Finding = {
  severity: 'damage',
  path: 'journal/0000000000000000.seg',
  bytes: { from: 100, to: 200 },
  problem: 'records are not what was written',
  lost: [{ consumer: 'badges', entries: 2 }],
  repair: 'a copy is kept',
};
const stray: Finding = {
  ...record,
  severity: 'note',
  path: 'stray\u001b',
  bytes: undefined,
  lost: [],
  repair: undefined,
};
const report: FsckReport = { findings: [record, stray], left: [record, stray], quarantined: { files: 0, bytes: 0 } };

test('a finding says where, what, who loses what by it, and what a repair does', () => {
  expect(renderFindings(report, { repair: false }, PLAIN)).toBe(`\
journal/0000000000000000.seg (bytes 100 to 200)
  damage  records are not what was written
  lost    badges: 2 messages
  repair  a copy is kept
stray\\u001b
  note    records are not what was written`);
});

test('after a repair it says what was done and what is left', () => {
  const done = { ...report, left: [stray], quarantined: { files: 1, bytes: 100 } };
  expect(renderFindings(done, { repair: true }, PLAIN).split('\n').slice(3)).toEqual([
    '  done    a copy is kept',
    'stray\\u001b',
    '  note    records are not what was written',
    '1 file, 100 B, is set aside in quarantine/',
    'all damage is repaired, as far as it can be',
  ]);
  expect(renderFindings(report, { repair: true }, PLAIN)).toContain('  left    a copy is kept: that did not help');
});

test('of very many findings the first are shown', () => {
  const findings = Array.from({ length: 250 }, (_, from) => ({ ...record, bytes: { from, to: from + 1 } }));
  const lines = renderFindings({ ...report, findings, left: findings }, { repair: false }, PLAIN).split('\n');
  expect(lines.at(-1)).toBe('and 50 more findings; --json has them all');
});

test('an empty report is one line', () => {
  expect(renderFindings({ ...report, findings: [], left: [] }, { repair: true }, PLAIN)).toBe('no damage was found');
  expect(countedFindings(1)).toBe('1 finding of damage');
});
