import { describe, expect, test } from 'vitest';
import { capability, curveKeyPair } from 'zeromq';
import { fingerprint, generateKeyPair, keyProblem, publicKeyOf, toZ85 } from './keys.js';

// The server's test keys of ZeroMQ RFC 26.
const PUBLIC = 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7';
const SECRET = 'JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6';

describe('Z85', () => {
  test('is what RFC 32 gives as its example', () => {
    expect(toZ85(Buffer.from('864fd26fb559f75b', 'hex'))).toBe('HelloWorld');
  });
});

describe('the public key that belongs to a secret one', () => {
  test('is found for the keys that the specification prints', () => {
    expect(publicKeyOf(SECRET)).toBe(PUBLIC);
  });

  test('is found for a pair made here', () => {
    const { publicKey, secretKey } = generateKeyPair();
    expect(keyProblem(secretKey)).toBeUndefined();
    expect(publicKeyOf(secretKey)).toBe(publicKey);
  });

  test.skipIf(capability.curve !== true)("is found for a pair made by ZeroMQ's library", () => {
    const { publicKey, secretKey } = curveKeyPair();
    expect(publicKeyOf(secretKey)).toBe(publicKey);
  });
});

test('no two pairs are alike', () => {
  expect(generateKeyPair().secretKey).not.toBe(generateKeyPair().secretKey);
});

describe('what is no key is told by', () => {
  test.each([
    ['its length', PUBLIC.slice(1), 'and has 39'],
    ['its length, with a line end still on it', `${PUBLIC}\n`, 'and has 41'],
    ['a character outside of the alphabet', `${PUBLIC.slice(0, 4)}"${PUBLIC.slice(5)}`, 'its character 5'],
    ['a number over 32 bits', `#####${PUBLIC.slice(5)}`, 'too large'],
  ])('%s, and never repeated', (_what, text, message) => {
    expect(keyProblem(text)).toContain(message);
    expect(keyProblem(text)).not.toContain(text.slice(10, 30));
  });
});

test('a fingerprint is the beginning of the key, so that a list can be searched for it', () => {
  expect(fingerprint(PUBLIC)).toBe('rq:rM>}U?@…');
});
