// Whether deliveries may begin: what a person has decided is written down first, what a consumer has decided is not.
import { beforeEach, describe, expect, it } from 'vitest';
import { DeliveryGate } from './delivery-gate.js';
import type { Pause } from './queue-file.js';
import { newQueue } from './queue-shape.fixture.js';
import type { QueueShared } from './shared.js';

let queue: QueueShared;
let noted: (Pause | undefined)[];
beforeEach(() => {
  queue = newQueue({ threads: 1 });
  noted = [];
});

const gate = (paused?: Pause) => new DeliveryGate(queue, paused, (pause) => noted.push(pause));

describe('a queue', () => {
  it('that was paused before the start is paused, and nothing is written for it', () => {
    expect(gate({ since: 'then' }).closedBy).toBe('paused');
    expect(queue.paused).toBe(true);
    expect(noted).toEqual([]);
  });

  it('is paused once it is written down, and goes on once that is', () => {
    const paused = gate();
    expect(paused.pause('now', 'deploy')).toEqual({ since: 'now', reason: 'deploy' });
    expect([queue.paused, noted]).toEqual([true, [{ since: 'now', reason: 'deploy' }]]);
    paused.resume();
    expect([queue.paused, noted.length, noted[1]]).toEqual([false, 2, undefined]);
  });

  it('stays as it is when that cannot be written', () => {
    const full = new DeliveryGate(queue, undefined, () => {
      throw new Error('no space');
    });
    expect(() => full.pause('now', undefined)).toThrow('no space');
    expect([full.closedBy, queue.paused]).toEqual([undefined, false]);
  });

  it('goes on all the same when that cannot be written: what is delivered makes room', () => {
    const full = new DeliveryGate(queue, { since: 'now' }, () => {
      throw new Error('no space');
    });
    expect(full.resume()?.message).toBe('no space');
    expect([full.closedBy, queue.paused]).toEqual([undefined, false]);
  });

  it('that is paused again keeps its time, and takes a new reason only', () => {
    const paused = gate({ since: 'then', reason: 'deploy' });
    expect(paused.pause('now', undefined)).toEqual({ since: 'then', reason: 'deploy' });
    expect(paused.pause('now', 'deploy')).toEqual({ since: 'then', reason: 'deploy' });
    expect(noted).toEqual([]);
    expect(paused.pause('now', 'audit')).toEqual({ since: 'then', reason: 'audit' });
    expect(noted).toEqual([{ since: 'then', reason: 'audit' }]);
  });

  it('whose consumer has halted is held for the first reason, and nothing is written', () => {
    const halted = gate();
    halted.halt('the key is gone');
    halted.halt('the key is still gone');
    expect([halted.closedBy, halted.halted?.reason, queue.paused]).toEqual(['halted', 'the key is gone', true]);
    halted.resume();
    expect([halted.closedBy, queue.paused, noted]).toEqual([undefined, false, []]);
  });

  it('that is both is paused first of all, and a resume ends both', () => {
    const both = gate();
    both.halt('the key is gone');
    both.pause('now', undefined);
    expect(both.closedBy).toBe('paused');
    both.resume();
    expect([both.closedBy, both.halted, queue.paused]).toEqual([undefined, undefined, false]);
  });
});
