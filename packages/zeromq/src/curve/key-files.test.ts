import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readKeyList, readPublicKey, readSecretKey } from './key-files.js';
import { generateKeyPair } from './keys.js';

const { publicKey, secretKey } = generateKeyPair();
const { publicKey: another } = generateKeyPair();

function fileOf(text: string, mode = 0o600): string {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'some.key');
  writeFileSync(path, text, { mode });
  return path;
}

describe('a secret key', () => {
  test('is read from a file that only its owner may read', () => {
    expect(readSecretKey(fileOf(`# of the hub\n\n${secretKey}\n`))).toBe(secretKey);
    expect(readSecretKey(fileOf(secretKey, 0o400))).toBe(secretKey);
  });

  test.skipIf(process.platform === 'win32').each(['644', '640', '604', '620'])(
    'is not taken from a file of mode %s',
    (mode) => {
      const path = fileOf(secretKey);
      chmodSync(path, Number.parseInt(mode, 8));
      expect(() => readSecretKey(path)).toThrow(`is open to others (mode ${mode}): run chmod 600`);
    },
  );

  test('is in no message, also when a slip is in it', () => {
    const slip = `${secretKey.slice(0, 39)}~`;
    const read = () => readSecretKey(fileOf(slip));
    expect(read).toThrow('line 1 must be a key in Z85');
    expect(read).not.toThrow(slip.slice(5, 30));
  });

  test.each([
    ['none', '# nothing yet\n', 'must hold one key, and holds none'],
    ['two', `${secretKey}\n${another}\n`, 'must hold one key, and holds 2'],
  ])('is not guessed where a file holds %s', (_what, text, message) => {
    expect(() => readSecretKey(fileOf(text))).toThrow(message);
  });

  test('that is not there is missed by its path, with what makes one', () => {
    const path = join(tmpdir(), 'penstock-no-such.key');
    expect(() => readSecretKey(path)).toThrow(`${path} cannot be read: there is no such file; "hub keygen --out FILE"`);
  });
});

test('a public key may be readable by everybody', () => {
  expect(readPublicKey('serverKeyFile', fileOf(`${publicKey} the hub\n`, 0o644))).toBe(publicKey);
});

describe('a list of keys', () => {
  test('has a key a line, after it a name; comments and empty lines are left out', () => {
    const text = `# those of Oslo\n#not yet: ${secretKey}\n${publicKey}\taccounts, Oslo \n\n  ${another}\r\n`;
    expect([...readKeyList('allowedClientsFile', fileOf(text))]).toEqual([
      [publicKey, 'accounts, Oslo'],
      [another, ''],
    ]);
  });

  test('is refused with the number of a line that is no key', () => {
    const read = () => readKeyList('allowedClientsFile', fileOf(`${publicKey}\nold ${another}\n`));
    expect(read).toThrow('line 2 must be a key of 40 characters in Z85, and has 3');
  });

  test('is refused when it is empty: it would let in nobody', () => {
    expect(() => readKeyList('allowedClientsFile', fileOf('# later\n'))).toThrow('has no key');
  });

  test('is refused when it is far too large to be one', () => {
    const path = fileOf('x'.repeat(1024 * 1024 + 1));
    expect(() => readKeyList('allowedClientsFile', path)).toThrow('it cannot be a file of keys');
  });
});
