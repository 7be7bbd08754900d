// The loop of a thread that fails: it leaves everything as it stood, for the thread that takes its place.
import { expect, it } from 'vitest';
import { DeliveryRig } from './delivery-rig.fixture.js';

it('a loop that is abandoned after a failure writes, counts and lets go of nothing that ends later', async () => {
  const ends: (() => void)[] = [];
  const rig = new DeliveryRig(
    { consume: () => new Promise<void>((resolve) => ends.push(resolve)) },
    { messages: Array.from({ length: 300 }, () => ({})), delivery: { concurrency: 300 } },
  );
  // The index is read some hundred entries at a time: the second part cannot be.
  rig.files.hook = ({ kind, path }) =>
    kind === 'read' && path.endsWith('.idx') && ends.length > 1 ? { error: new Error('the disk is gone') } : undefined;
  await expect(rig.lane.run()).rejects.toThrow('the disk is gone');
  rig.files.hook = undefined;
  rig.lane.abandon();
  expect(ends.length).toBeGreaterThan(1);
  const { held } = rig;
  for (const end of ends) end();
  await rig.turns();
  expect([rig.settled, rig.thread.settled.get(), rig.held]).toEqual([[], 0, held]);
  expect(held.length).toBe(300);
});
