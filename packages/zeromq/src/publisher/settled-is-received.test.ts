// The promise of PUSH between two hubs, at its seam: a publisher, and a source that stops while it is flooded.
import { expect, test } from 'vitest';
import { freeTcpEndpoint } from '../../test/endpoints.js';
import { PublisherRig, when } from '../../test/publisher-rig.js';
import { start } from '../../test/source-rig.js';

test.each([
  { flood: 'one by one', burst: 1 },
  { flood: 'many at once', burst: 3_000 },
])('whatever is settled when a source stops has been taken by it: $flood', async ({ burst }) => {
  const endpoint = await freeTcpEndpoint();
  const rig = await PublisherRig.open({
    push: { connect: endpoint, reconnectIntervalMs: 1, reconnectMaxIntervalMs: 1 },
  });
  let sent = 0;
  let flooding = true;
  const flood = (async () => {
    while (flooding) {
      for (let more = 0; more < burst; more++) rig.send(String(sent++), { body: Buffer.alloc(512) });
      await new Promise((resolve) => setImmediate(resolve));
      await when(() => !flooding || sent - rig.settled.length < 10_000);
    }
  })();
  const taken = new Set<string | undefined>();
  for (let round = 1; round <= 10; round++) {
    const { context, source } = await start({ pull: [{ bind: endpoint }] });
    await when(() => context.accepted.length > 100);
    await source.stop();
    for (const { headers } of context.accepted) taken.add(headers?.id);
    // Settled later than the stop ended is what the next one takes.
    const settled = [...rig.settled];
    expect(settled.filter((id) => !taken.has(id))).toEqual([]);
  }
  flooding = false;
  rig.abort();
  await flood;
});
