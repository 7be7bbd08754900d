import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type Delivery, monotonicMs, Notes, readAccepted, readDeliveries } from './notes.js';

function somewhere(): string {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'notes');
}

const delivery: Delivery = {
  ending: 'took',
  producer: 'alpha',
  sequence: 17,
  checksum: 'c0ffee',
  attempt: 2,
  atMs: 12.25,
};

it('what was noted is read, also by several who write to one file', () => {
  const path = somewhere();
  new Notes(path).delivery(delivery);
  new Notes(path).delivery({ ...delivery, ending: 'failed', sequence: 18 });
  expect(readDeliveries(path)).toEqual([delivery, { ...delivery, ending: 'failed', sequence: 18 }]);
});

it('accepted messages are noted together', () => {
  const path = somewhere();
  const names = [
    { producer: 'alpha', sequence: 1 },
    { producer: 'beta', sequence: 2 },
  ];
  new Notes(path).accepted(names);
  expect(readAccepted(path)).toEqual(names);
});

it('a file that is not there has none, and a line that is not whole counts for nothing', () => {
  const path = somewhere();
  expect(readAccepted(path)).toEqual([]);
  new Notes(path).accepted([{ producer: 'alpha', sequence: 1 }]);
  appendFileSync(path, 'alpha 2');
  expect(readAccepted(path)).toEqual([{ producer: 'alpha', sequence: 1 }]);
});

it('the monotonic clock goes on', () => {
  const before = monotonicMs();
  expect(monotonicMs()).toBeGreaterThanOrEqual(before);
});
