// Batches that wait for disk space, on the main thread's side.
import { expect, it } from 'vitest';
import { Batch } from './batch.js';
import { JournalThread } from './journal-thread.js';

const fields = { topic: new TextEncoder().encode('a'), body: 'body', headers: undefined, id: undefined };

/** A batch with a message, or one that only ends the segment. */
function newBatch(empty = false): Batch {
  const batch = new Batch(new ArrayBuffer(1_024), empty);
  if (!empty) batch.addData(fields, 0, 0, 1);
  return batch;
}

const isHandedOver = ({ handedAtMs }: Batch): boolean => handedAtMs > 0;

it('hands no record over while there is no disk space, and all in their order when there is some', () => {
  const journal = new JournalThread({ committed: () => {}, segmentRemoved: () => {}, failed: () => {} });
  const before = newBatch();
  journal.submit(before);
  journal.outOfSpace = true;
  // The end of a segment may make room; but not behind a record that belongs into it.
  const batches = [newBatch(true), newBatch(), newBatch(true), newBatch()];
  for (const batch of batches) journal.submit(batch);
  journal.outOfSpace = true;
  expect([before, ...batches].map(isHandedOver)).toEqual([true, true, false, false, false]);
  journal.outOfSpace = false;
  expect(batches.map(isHandedOver)).toEqual([true, true, true, true]);
  const times = batches.map(({ handedAtMs }) => handedAtMs);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});
