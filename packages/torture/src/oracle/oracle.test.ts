import { describe, expect, it } from 'vitest';
import { bodyOf, checksumOf, type MessageName } from './message.js';
import type { Delivery, Ending } from './notes.js';
import { type ConsumerEvidence, judge } from './oracle.js';

const name = (sequence: number, producer = 'a'): MessageName => ({ producer, sequence });

const delivery = (sequence: number, ending: Ending = 'took', producer = 'a'): Delivery => {
  const message = name(sequence, producer);
  return { ...message, ending, checksum: checksumOf(bodyOf(message)), attempt: 1, atMs: 0 };
};

const evidence = (given: Partial<ConsumerEvidence>): ConsumerEvidence => ({
  consumer: 'c',
  order: 'strict',
  deliveries: [],
  deadLettered: new Set(),
  queued: new Set(),
  countedDamaged: 0,
  ...given,
});

const judged = (accepted: readonly MessageName[], given: Partial<ConsumerEvidence>, allInnocent = false) =>
  judge({ accepted, consumers: [evidence(given)], allInnocent });

describe('the oracle has nothing against', () => {
  it('a run in which all that was accepted was taken, in order', () => {
    expect(judged([name(0), name(1)], { deliveries: [delivery(0), delivery(1)] })).toEqual({
      accepted: 2,
      delivered: 2,
      lost: 0,
      duplicated: 0,
      deadLettered: 0,
      queued: 0,
      violations: [],
    });
  });

  it('what is a dead letter or still queued', () => {
    const verdict = judged([name(0), name(1)], { deadLettered: new Set(['a-0']), queued: new Set(['a-1']) });
    expect(verdict).toMatchObject({ lost: 0, deadLettered: 1, queued: 1, violations: [] });
  });

  it('what was delivered and never accepted: its reply was lost', () => {
    expect(judged([], { deliveries: [delivery(0)] }).violations).toEqual([]);
  });

  it('a repeat, however late, which it counts', () => {
    const deliveries = [delivery(0), delivery(1), delivery(0), delivery(2)];
    expect(judged([name(0), name(1), name(2)], { deliveries })).toMatchObject({ duplicated: 1, violations: [] });
  });

  it('a delivery that failed and came again, which is no repeat', () => {
    const deliveries = [delivery(0, 'failed'), delivery(0)];
    expect(judged([name(0)], { deliveries })).toMatchObject({ duplicated: 0, violations: [] });
  });

  it('as many missing ones as the hub has counted as damaged', () => {
    expect(judged([name(0), name(1)], { countedDamaged: 2 })).toMatchObject({ lost: 0, violations: [] });
  });

  it('dead letters that a fault has made itself, where all others are innocent', () => {
    const given = { deliveries: [delivery(0)], deadLettered: new Set(['f60d18516ac9-21975']) };
    expect(judged([name(0)], given, true)).toMatchObject({ deadLettered: 1, violations: [] });
  });

  it('producers, or keys, that overtake each other', () => {
    const deliveries = [delivery(5), delivery(0, 'took', 'b')];
    expect(judged([], { deliveries }).violations).toEqual([]);
    expect(judged([], { order: 'key', deliveries: [delivery(1), delivery(0)] }).violations).toEqual([]);
  });
});

describe('the oracle finds', () => {
  const found = (accepted: readonly MessageName[], given: Partial<ConsumerEvidence>) =>
    judged(accepted, given).violations.map(({ kind, consumer, message }) => `${kind} ${consumer} ${message}`);

  it('what was accepted and is nowhere', () => {
    expect(found([name(0), name(1)], { deliveries: [delivery(0)] })).toEqual(['lost c a-1']);
  });

  it('what was delivered, failed, and never came again', () => {
    expect(found([name(0)], { deliveries: [delivery(0, 'failed')] })).toEqual(['lost c a-0']);
  });

  it('one more missing than the hub has counted as damaged', () => {
    expect(found([name(0), name(1), name(2)], { countedDamaged: 2 })).toEqual(['lost c a-2']);
  });

  it('what was to become a dead letter and is none', () => {
    expect(found([name(0)], { deliveries: [delivery(0, 'dead')] })).toEqual(['lost c a-0']);
  });

  it('what one consumer has and another lost', () => {
    const consumers = [evidence({ deliveries: [delivery(0)] }), evidence({ consumer: 'd' })];
    const { lost, violations } = judge({ accepted: [name(0)], consumers, allInnocent: false });
    expect(lost).toBe(1);
    expect(violations).toMatchObject([{ kind: 'lost', consumer: 'd', message: 'a-0' }]);
  });

  it('bytes that are not those of the message', () => {
    expect(found([name(0)], { deliveries: [{ ...delivery(0), checksum: 'bad' }] })).toEqual(['damaged c a-0']);
  });

  it('a message that comes first after a later one of its producer, where order is strict', () => {
    expect(found([], { deliveries: [delivery(1), delivery(0), delivery(2)] })).toEqual(['disordered c a-0']);
    expect(found([], { order: 'none', deliveries: [delivery(1), delivery(0)] })).toEqual([]);
  });

  it('a dead letter that did no harm, also one that was taken before, where all are innocent', () => {
    const given = { deliveries: [delivery(0)], deadLettered: new Set(['a-0', 'a-1', 'f60d18516ac9-21975']) };
    const { lost, violations } = judged([name(0), name(1)], given, true);
    expect(lost).toBe(0);
    expect(violations.map(({ kind, message }) => `${kind} ${message}`)).toEqual(['condemned a-0', 'condemned a-1']);
  });

  it('a message that comes first after a later one of its key', () => {
    const deliveries = [delivery(16), delivery(1), delivery(0)];
    expect(found([], { order: 'key', deliveries })).toEqual(['disordered c a-0']);
  });
});
