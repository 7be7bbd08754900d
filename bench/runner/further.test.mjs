import { describe, expect, it } from 'vitest';
import { describeFurther, furtherResults } from './further.mjs';

const resident = { of: 'residentMiB', label: 'peak resident memory', unit: 'MiB' };
const also = { residentMiB: { value: 180, reference: 100 } };

/** @param {import('./scenario.mjs').Further} further */
const linesOf = (further, consumers = 1) => furtherResults([further], also, consumers).map(describeFurther);

describe('a further figure', () => {
  it('stands beside the reference’s', () => {
    expect(linesOf(resident)).toEqual(["  · peak resident memory 180.0 MiB, the reference's 100.0"]);
  });

  it('is marked when it is further over the reference’s than it may be', () => {
    expect(linesOf({ ...resident, overReference: 80 })).toEqual([
      "  ✓ peak resident memory +80.0 MiB over the reference's (≤ +80)",
    ]);
    expect(linesOf({ ...resident, overReference: 64 })).toEqual([
      "  ✗ peak resident memory +80.0 MiB over the reference's (≤ +64)",
    ]);
  });

  it('can be what each consumer adds', () => {
    expect(linesOf({ ...resident, show: 'perConsumer' }, 16)).toEqual([
      '  · peak resident memory +5.00 MiB for each consumer',
    ]);
  });

  it('is left out where it was not measured', () => {
    const nothing = { residentMiB: { value: Number.NaN, reference: Number.NaN } };
    expect(furtherResults([resident, { ...resident, of: 'other' }], nothing, 1)).toEqual([]);
  });
});
