// Headers survive the journal as they were given, whatever is in their names and values, up to their limit.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Headers, MAX_HEADER_BYTES } from '../message.js';
import { HEADERS_ROOM, readHeaders, writeHeaders } from './headers.js';
import { viewOf } from './record.js';

/** Writes headers behind and before other bytes, and reads them back. */
function roundTrip(headers: Headers): { headers: Headers; length: number } {
  const bytes = Buffer.alloc(3 + HEADERS_ROOM + 5, 0xee);
  const length = writeHeaders(bytes, viewOf(bytes), 3, headers);
  expect(length).toBeLessThanOrEqual(HEADERS_ROOM);
  expect([...bytes.subarray(0, 3), ...bytes.subarray(3 + HEADERS_ROOM)]).toEqual(new Array(8).fill(0xee));
  return { headers: readHeaders(bytes, 3, length), length };
}

/** Own, enumerable properties in order, whatever they are called. */
const entriesOf = (headers: Headers): [string, string][] => Object.entries(headers);

/** Text of all kinds; a lone surrogate has no UTF-8 and is replaced, as everywhere. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 60 }),
  fc.constantFrom('', '__proto__', 'constructor', 'toString', 'id', '0', '-1', '🜁', '\u0000', '\ud800', 'é'.repeat(49)),
);

/** Text as UTF-8 has it. */
const stored = (text: string): string => Buffer.from(text).toString();

function headersOf(pairs: readonly [string, string][]): Headers {
  const headers: Record<string, string> = {};
  for (const [name, value] of pairs)
    Object.defineProperty(headers, name, { value, enumerable: true, configurable: true });
  return headers;
}

describe('headers in a record', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyText, anyText), { maxLength: 12 }), (pairs) => {
        const given = headersOf(pairs.map(([name, value]) => [stored(name), value]));
        const { headers } = roundTrip(given);
        expect(entriesOf(headers)).toEqual(entriesOf(given).map(([name, value]) => [name, stored(value)]));
      }),
      { numRuns: 500 },
    );
  });

  it('take no bytes when there are none', () => {
    expect(roundTrip({})).toEqual({ headers: {}, length: 0 });
  });

  it('can be called __proto__ without becoming one', () => {
    const { headers } = roundTrip(JSON.parse('{"__proto__":"polluted","constructor":"x"}') as Headers);
    expect(entriesOf(headers)).toEqual([
      ['__proto__', 'polluted'],
      ['constructor', 'x'],
    ]);
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('cannot be changed', () => {
    const { headers } = roundTrip({ id: 'a', __proto__: null } as unknown as Headers);
    expect(() => Object.assign(headers, { id: 'b' })).toThrow(TypeError);
    expect(() => Object.assign(headers, { more: 'b' })).toThrow(TypeError);
  });

  it.each([
    ['one value', (bytes: number) => ({ n: 'x'.repeat(bytes - 5) })],
    ['one name', (bytes: number) => ({ ['x'.repeat(bytes - 4)]: '' })],
    ['many', (bytes: number) => ({ a: 'x'.repeat(500), b: 'é'.repeat(1000), c: 'x'.repeat(bytes - 2500 - 15) })],
  ])(`take up to ${MAX_HEADER_BYTES} bytes encoded, in %s, and not one more`, (_, make) => {
    const most = roundTrip(make(MAX_HEADER_BYTES));
    expect(most.length).toBe(MAX_HEADER_BYTES + 2);
    expect(most.headers).toEqual(make(MAX_HEADER_BYTES));
    expect(() => roundTrip(make(MAX_HEADER_BYTES + 1))).toThrow(expect.objectContaining({ code: 'HEADERS_TOO_LARGE' }));
  });

  it('are refused beyond their limit also when only their UTF-8 is too large', () => {
    const fitting = 'é'.repeat((MAX_HEADER_BYTES - 6) / 2);
    expect(roundTrip({ n: `${fitting}x` }).length).toBe(MAX_HEADER_BYTES + 2);
    expect(() => roundTrip({ n: `${fitting}é` })).toThrow(expect.objectContaining({ code: 'HEADERS_TOO_LARGE' }));
    expect(() => roundTrip({ n: 'x'.repeat(100_000) })).toThrow(expect.objectContaining({ code: 'HEADERS_TOO_LARGE' }));
  });

  it('are refused beyond their limit whatever they are made of, and never written past their room', () => {
    const large = fc.string({ unit: 'binary', minLength: 0, maxLength: 6_000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(large, large), { maxLength: 4 }), (pairs) => {
        const headers = headersOf(pairs);
        const encoded = entriesOf(headers)
          .flat()
          .reduce((sum, text) => sum + 2 + Buffer.byteLength(text), 0);
        if (encoded <= MAX_HEADER_BYTES) expect(roundTrip(headers).length).toBe(encoded === 0 ? 0 : encoded + 2);
        else expect(() => roundTrip(headers)).toThrow(expect.objectContaining({ code: 'HEADERS_TOO_LARGE' }));
      }),
      { numRuns: 200 },
    );
  });

  it.each([[7], [null], [undefined], [{}], [['a']]])('are refused when a value is %o and no text', (value) => {
    expect(() => roundTrip({ fine: 'yes', odd: value } as unknown as Headers)).toThrow(
      expect.objectContaining({ code: 'HEADERS_INVALID', message: expect.stringContaining('"odd"') }),
    );
  });
});
