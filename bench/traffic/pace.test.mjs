import { describe, expect, it } from 'vitest';
import { monotonicMs } from './clock.mjs';
import { atPace } from './pace.mjs';

describe('an even stream', () => {
  it('sends each message once, in order, and none before it is due', async () => {
    const startedAt = monotonicMs();
    /** @type {{ sequence: number, afterMs: number }[]} */
    const sent = [];
    await atPace(10, 60, { perSecond: 500 }, (sequence) => {
      sent.push({ sequence, afterMs: monotonicMs() - startedAt });
    });
    expect(sent.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 50 }, (_, n) => 10 + n));
    expect(sent.filter(({ sequence, afterMs }) => afterMs < (sequence - 10) * 2)).toEqual([]);
  });

  it('has together what is due together', async () => {
    const startedAt = monotonicMs();
    /** @type {number[]} */
    const afterMs = [];
    await atPace(0, 30, { perSecond: 1_000, together: 10 }, () => {
      afterMs.push(monotonicMs() - startedAt);
    });
    expect(afterMs.filter((ms, sequence) => ms < Math.floor(sequence / 10) * 10)).toEqual([]);
    expect(afterMs).toHaveLength(30);
  });

  it('catches up with its plan in one turn of the event loop after it was held up', async () => {
    let turn = 0;
    const turns = setInterval(() => turn++, 1);
    /** @type {Map<number, number>} */
    const sentInTurn = new Map();
    await atPace(0, 200, { perSecond: 1_000 }, (sequence) => {
      if (sequence === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      sentInTurn.set(turn, (sentInTurn.get(turn) ?? 0) + 1);
    });
    clearInterval(turns);
    expect(Math.max(...sentInTurn.values())).toBeGreaterThanOrEqual(100);
  });
});
