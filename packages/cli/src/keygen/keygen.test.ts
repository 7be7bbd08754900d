import { execFile } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type KeyPair, keyProblem, publicKeyOf } from '@penstock/zeromq/keys';
import { describe, expect, onTestFinished, test } from 'vitest';

const BIN = fileURLToPath(new URL('../../bin/hub.mjs', import.meta.url));

function tempDir(): string {
  const path = mkdtempSync(join(tmpdir(), 'penstock-keygen-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function keygen(cwd: string, ...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [BIN, 'keygen', ...args], { cwd }, (_error, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;
const keyIn = (path: string): string => readFileSync(path, 'utf8').trim();

describe('hub keygen', () => {
  test('prints two keys that belong together, another pair each time', async () => {
    const made = await Promise.all([keygen(tempDir(), '--json'), keygen(tempDir(), '--json')]);
    const pairs = made.map(({ stdout }) => JSON.parse(stdout) as KeyPair);
    for (const { publicKey, secretKey } of pairs) {
      expect(keyProblem(secretKey)).toBeUndefined();
      expect(publicKeyOf(secretKey)).toBe(publicKey);
    }
    expect(pairs[0]?.secretKey).not.toBe(pairs[1]?.secretKey);
  });

  test('says in config lines what goes where', async () => {
    const { exitCode, stdout } = await keygen(tempDir());
    const [, publicKey = '', secretKey = ''] = /^public key {2}(\S+)\nsecret key {2}(\S+)$/m.exec(stdout) ?? [];
    expect(exitCode).toBe(0);
    expect(publicKeyOf(secretKey)).toBe(publicKey);
    expect(stdout).toContain(`curve: { secretKey: '${secretKey}', allowedClients: [`);
    expect(stdout).toContain(`serverKey: '${publicKey}' }`);
  });
});

describe('hub keygen --out', () => {
  test('keeps the secret key in a file for its owner alone, the public key beside it, and prints no secret', async () => {
    const folder = tempDir();
    const { exitCode, stdout } = await keygen(folder, '--out', 'hub.key');
    const [secret, shared] = [join(folder, 'hub.key'), join(folder, 'hub.key.pub')];
    expect(exitCode).toBe(0);
    expect(publicKeyOf(keyIn(secret))).toBe(keyIn(shared));
    expect(modeOf(secret)).toBe(0o600);
    expect(stdout).toContain(keyIn(shared));
    expect(stdout).not.toContain(keyIn(secret));
  });

  test('tells a program which files they are', async () => {
    const folder = tempDir();
    const { stdout } = await keygen(folder, '--out', 'a.key', '--json');
    const publicKey = keyIn(join(folder, 'a.key.pub'));
    expect(JSON.parse(stdout)).toEqual({ publicKey, secretKeyFile: 'a.key', publicKeyFile: 'a.key.pub' });
  });

  test.each(['hub.key', 'hub.key.pub'])('writes nothing when %s is there', async (inTheWay) => {
    const folder = tempDir();
    writeFileSync(join(folder, inTheWay), 'old');
    const { exitCode, stderr } = await keygen(folder, '--out', 'hub.key');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 57,
      stderr: expect.stringContaining(`there is ${inTheWay} already`),
    });
    expect(keyIn(join(folder, inTheWay))).toBe('old');
    expect(statSync(join(folder, inTheWay === 'hub.key' ? 'hub.key.pub' : 'hub.key'), { throwIfNoEntry: false })).toBe(
      undefined,
    );
  });

  test('with --force leaves neither the old mode nor what a link led to', async () => {
    const folder = tempDir();
    const [secret, target] = [join(folder, 'hub.key'), join(folder, 'target')];
    writeFileSync(secret, 'old');
    chmodSync(secret, 0o644);
    writeFileSync(target, 'kept');
    symlinkSync(target, join(folder, 'hub.key.pub'));
    expect(await keygen(folder, '--out', 'hub.key', '--force')).toMatchObject({ exitCode: 0 });
    expect(modeOf(secret)).toBe(0o600);
    expect(keyIn(target)).toBe('kept');
    expect(publicKeyOf(keyIn(secret))).toBe(keyIn(join(folder, 'hub.key.pub')));
  });

  test.each([
    ['a directory that is not there', 'no/such/hub.key'],
    ['what is a directory', 'taken', '--force'],
  ])('says that it cannot write into %s', async (_what, ...args) => {
    const folder = tempDir();
    mkdirSync(join(folder, 'taken'));
    const { exitCode, stderr } = await keygen(folder, '--out', ...args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 57, stderr: expect.stringContaining('cannot be written') });
  });
});

test('half a pair is taken away again when the other file cannot be written', async () => {
  const folder = tempDir();
  mkdirSync(join(folder, 'hub.key.pub'));
  const { exitCode, stderr } = await keygen(folder, '--out', 'hub.key', '--force');
  expect({ exitCode, stderr }).toEqual({ exitCode: 57, stderr: expect.stringContaining('cannot be written') });
  expect(readdirSync(folder)).toEqual(['hub.key.pub']);
});

test('a name that is too long for the public key is an error like any other', async () => {
  const folder = tempDir();
  const { exitCode, stderr } = await keygen(folder, '--out', 'x'.repeat(253));
  expect({ exitCode, stderr }).toEqual({
    exitCode: 57,
    stderr: expect.stringMatching(/^hub: the keys .*ENAMETOOLONG.*\n$/),
  });
});

test('hub keygen --force without --out is wrong usage', async () => {
  expect(await keygen(tempDir(), '--force')).toMatchObject({ exitCode: 2, stdout: '' });
});
