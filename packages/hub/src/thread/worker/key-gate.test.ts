import { beforeEach, describe, expect, it } from 'vitest';
import { KeyGate } from './key-gate.js';
import { type Entry, IN_LINE, type Waiting } from './waiting.js';

let added: Entry[];
let behind: number;
let gate: KeyGate;

beforeEach(() => {
  added = [];
  behind = 0;
  gate = new KeyGate({
    add: (entry: Entry) => added.push(entry),
    countBehind: (change: number) => {
      behind += change;
    },
  } as unknown as Waiting);
});

const entryOf = (keyHash: number, ordinal = 0): Entry => ({
  ordinal,
  keyHash,
  length: 100,
  failures: 0,
  crashes: 0,
  firstAt: 0,
  dueMs: 0,
  slot: IN_LINE,
});

describe('the gate of an order by key', () => {
  it('lets one entry of a key through at a time, and those behind it in their order', () => {
    const [first, second, third] = [entryOf(7, 1), entryOf(7, 2), entryOf(7, 3)];
    expect([first, second, third].map((entry) => gate.enter(entry))).toEqual([true, false, false]);
    gate.park(second);
    gate.park(third);
    expect(behind).toBe(2);
    gate.leave(first);
    expect(added).toEqual([second]);
    expect(gate.enter(entryOf(7, 4))).toBe(false);
    gate.leave(second);
    gate.leave(third);
    expect(added).toEqual([second, third]);
    expect(gate.enter(entryOf(7, 5))).toBe(true);
  });

  it('holds nobody up who has no key', () => {
    expect([gate.enter(entryOf(0)), gate.enter(entryOf(0))]).toEqual([true, true]);
  });

  it('knows which keys are under way, however many others have come and gone', () => {
    const waits = entryOf(1, 2);
    gate.enter(entryOf(1, 1));
    gate.park(waits);
    for (let keyHash = 2; keyHash < 50_000; keyHash++) {
      expect(gate.enter(entryOf(keyHash))).toBe(true);
      gate.leave(entryOf(keyHash));
    }
    expect(gate.enter(entryOf(1, 3))).toBe(false);
    gate.leave(entryOf(1, 1));
    expect(added).toEqual([waits]);
  });
});
