// What the hub knows of a queue whose consumer runs in a process of its own: an older state, in which nothing is settled
// that is not.
import { beforeEach, describe, expect, it } from 'vitest';
import { publishHeld, readHeld, readUnsettled } from '../../queue/held.js';
import { IntervalSet } from '../../queue/interval-set.js';
import { newQueue } from '../../queue/queue-shape.fixture.js';
import { type QueueShared, ThreadShared } from '../../queue/shared.js';
import { applyMirror, takeMirror } from './mirror.js';

let theirs: QueueShared;
let ours: QueueShared;
beforeEach(() => use({}));

function use(shape: Parameters<typeof newQueue>[0]): void {
  [theirs, ours] = [0, 1].map(() => newQueue({ threads: 2, mostInFlight: 8, maxRetrying: 8, ...shape })) as [
    QueueShared,
    QueueShared,
  ];
  for (const queue of [theirs, ours]) queue.enqueued.set(1_000);
}

const thread = (queue: QueueShared, index = 0): ThreadShared => queue.threads[index] as ThreadShared;
const mirror = (rateTurnSeen = 0n) => takeMirror(theirs, rateTurnSeen);

describe('a mirror of a queue', () => {
  it('has what is held and where claiming has come to', () => {
    theirs.beginAt(100);
    publishHeld(thread(theirs), [{ from: 10, to: 20 }]);
    thread(theirs).slots[3] = 31;
    thread(theirs).slots[5] = -33;
    publishHeld(thread(theirs, 1), [{ from: 90, to: 100 }]);
    applyMirror(ours, mirror());
    expect(readUnsettled(ours)).toEqual({
      cursor: 100,
      held: [
        { from: 10, to: 20 },
        { from: 30, to: 31 },
        { from: 32, to: 33 },
        { from: 90, to: 100 },
      ],
    });
  });

  it('leaves out what is claimed beyond the cursor: that is unsettled anyhow, and nobody is to get it twice', () => {
    theirs.beginAt(100);
    publishHeld(thread(theirs), [{ from: 90, to: 356 }]);
    thread(theirs).slots[0] = 120;
    expect([...(mirror().threads[0]?.held ?? [])]).toEqual([90, 100]);
  });

  it('of a queue whose threads have a share each is bounded by the cursor of each', () => {
    use({ partitioned: true });
    thread(theirs).cursor.set(50);
    thread(theirs, 1).cursor.set(70);
    for (const each of theirs.threads) publishHeld(each, [{ from: 40, to: 80 }]);
    applyMirror(ours, mirror());
    expect(ours.threads.map((each) => [each.cursor.get(), readHeld(each)])).toEqual([
      [50, [{ from: 40, to: 50 }]],
      [70, [{ from: 40, to: 70 }]],
    ]);
  });

  it('has the counters, the states and the histograms, and what is in flight', () => {
    const from = thread(theirs, 1);
    from.state = 'running';
    from.settled.set(7);
    from.settledBytes.set(700);
    from.numbers[ThreadShared.FAILURES] = 3;
    from.numbers[ThreadShared.CURRENT] = 13;
    from.slots[2] = -16;
    from.consumeDuration.add(4, 0.25);
    from.queueWait.add(5, 0.5);
    Atomics.store(from.words, ThreadShared.RETRYING, 2);
    const taken = mirror();
    applyMirror(ours, taken);
    const to = thread(ours, 1);
    expect([to.state, to.settled.get(), to.settledBytes.get()]).toEqual(['running', 7, 700]);
    expect([to.numbers[ThreadShared.FAILURES], ours.retrying()]).toEqual([3, 2]);
    expect([to.consumeDuration.counts[4], to.consumeDuration.sum]).toEqual([1, 0.25]);
    expect([to.queueWait.counts[5], to.queueWait.sum]).toEqual([1, 0.5]);
    expect(taken.threads[1]?.inFlight).toEqual([12, 15]);
  });

  it('survives the way from one process to another', async () => {
    const { deserialize, serialize } = await import('node:v8');
    theirs.beginAt(100);
    publishHeld(thread(theirs), [{ from: 10, to: 20 }]);
    applyMirror(ours, deserialize(serialize(mirror())));
    expect(readUnsettled(ours)).toEqual({ cursor: 100, held: [{ from: 10, to: 20 }] });
  });
});

describe('the turns of a rate limit', () => {
  beforeEach(() => use({ rateTurns: 4 }));

  const draw = (turn: bigint) => {
    theirs.rateTurns[Number(turn % 4n)] = 1_000n + turn;
    Atomics.store(theirs.rateTurn, 0, turn + 1n);
  };

  it('come over from mirror to mirror, however many were drawn in between', () => {
    for (const [from, to] of [
      [0n, 2n],
      [2n, 3n],
      [3n, 3n],
      [3n, 21n],
    ] as const) {
      for (let turn = from; turn < to; turn++) draw(turn);
      applyMirror(ours, mirror(from));
      expect([Atomics.load(ours.rateTurn, 0), [...ours.rateTurns]]).toEqual([to, [...theirs.rateTurns]]);
    }
  });

  it('are there also for one that is drawn and not counted yet', () => {
    draw(0n);
    theirs.rateTurns[1] = 1_001n;
    applyMirror(ours, mirror(0n));
    expect([...ours.rateTurns]).toEqual([1_000n, 1_001n, 0n, 0n]);
  });
});

describe('whoever reads the hub’s memory while a mirror is put there', () => {
  it('finds nothing settled that is not, whichever write has come through', () => {
    // One entry is held throughout, first in a run, then in a slot, then in a list again, while the cursor moves on.
    const steps: (() => void)[] = [
      () => publishHeld(thread(theirs), [{ from: 0, to: 100 }]),
      () => theirs.beginAt(100),
      () => {
        thread(theirs).slots[0] = 8;
        publishHeld(thread(theirs), [{ from: 50, to: 100 }]);
      },
      () => {
        publishHeld(thread(theirs), [{ from: 7, to: 8 }]);
        thread(theirs).slots[0] = 0;
      },
      () =>
        publishHeld(thread(theirs), [
          { from: 7, to: 8 },
          { from: 100, to: 200 },
        ]),
      () => theirs.beginAt(200),
    ];
    const seen: boolean[] = [];
    for (const step of steps) {
      step();
      watchingWrites(ours, () => {
        const { cursor, held } = readUnsettled(ours);
        seen.push(cursor <= 7 || IntervalSet.of(held).has(7));
      }).apply(mirror());
    }
    expect(seen.length).toBeGreaterThan(steps.length * 3);
    expect(seen).not.toContain(false);
  });
});

/** Applies mirrors to a queue and looks after each write of a counter or of a list. */
function watchingWrites(queue: QueueShared, look: () => void): { apply(mirror: ReturnType<typeof takeMirror>): void } {
  return {
    apply(taken) {
      const store = Atomics.store;
      Atomics.store = ((...args: Parameters<typeof store>) => {
        const result = store(...args);
        look();
        return result;
      }) as typeof store;
      try {
        applyMirror(queue, taken);
      } finally {
        Atomics.store = store;
      }
    },
  };
}
