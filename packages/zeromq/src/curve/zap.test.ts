import { describe, expect, test } from 'vitest';
import { generateKeyPair } from './keys.js';
import { answer, type Client, type Gate } from './zap.js';

/** The bytes that ZeroMQ sends for a key; the text says which they are. */
const ALLOWED_BYTES = Buffer.from('864fd26fb559f75b'.repeat(4), 'hex');
const ALLOWED = 'HelloWorld'.repeat(4);

function gateFor(allowed: Iterable<[string, string]>) {
  const admitted: Client[] = [];
  const refused: Client[] = [];
  const gate: Gate = {
    allowed: new Map(allowed),
    reports: {
      admitted: (client) => admitted.push(client),
      refused: (client) => refused.push(client),
      failed: () => {},
    },
  };
  return { gate, admitted, refused };
}

const request = (domain: string, key: Buffer, mechanism = 'CURVE', version = '1.0'): Buffer[] => [
  ...['peer', '', version, '7', domain, '192.0.2.9', '', mechanism].map((text) => Buffer.from(text)),
  key,
];

const status = (reply: readonly (Buffer | string)[]) => reply.map(String).slice(2, 5);

describe('the answer to a ZAP request', () => {
  test('is 200 to a key of the list, with the number of the request, to whom it came from', () => {
    const { gate, admitted } = gateFor([[ALLOWED, 'accounts']]);
    const reply = answer(request('a', ALLOWED_BYTES), new Map([['a', gate]]));
    expect(reply.map(String)).toEqual(['peer', '', '1.0', '7', '200', 'OK', '', '']);
    expect(admitted).toEqual([{ fingerprint: 'HelloWorld…', name: 'accounts', address: '192.0.2.9' }]);
  });

  test('is 400 to a key that is not in the list, and the gate is told', () => {
    const { gate, refused } = gateFor([[generateKeyPair().publicKey, '']]);
    expect(status(answer(request('a', ALLOWED_BYTES), new Map([['a', gate]])))).toEqual(['1.0', '7', '400']);
    expect(refused).toEqual([{ fingerprint: 'HelloWorld…', name: '', address: '192.0.2.9' }]);
  });

  test('is 400 to a key that is in the list of another socket alone', () => {
    const [one, other] = [gateFor([[ALLOWED, '']]), gateFor([])];
    const gates = new Map([
      ['one', one.gate],
      ['other', other.gate],
    ]);
    expect(status(answer(request('other', ALLOWED_BYTES), gates))).toEqual(['1.0', '7', '400']);
    expect(one.admitted).toEqual([]);
    expect(other.refused).toHaveLength(1);
  });

  test.each([
    ['for a domain that nobody watches', request('b', ALLOWED_BYTES)],
    ['by another mechanism', request('a', ALLOWED_BYTES, 'PLAIN')],
    ['in another version', request('a', ALLOWED_BYTES, 'CURVE', '2.0')],
    ['with a key of another length', request('a', ALLOWED_BYTES.subarray(1))],
    ['that has hardly a frame', [Buffer.from('peer')]],
  ])('is 400 to a request %s', (_what, frames) => {
    const { gate, admitted } = gateFor([[ALLOWED, '']]);
    expect(answer(frames, new Map([['a', gate]]))[4]).toBe('400');
    expect(admitted).toEqual([]);
  });
});
