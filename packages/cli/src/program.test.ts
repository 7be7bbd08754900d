import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';

const BIN = fileURLToPath(new URL('../bin/hub.mjs', import.meta.url));

interface Result {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function tempDir(): string {
  const path = mkdtempSync(join(tmpdir(), 'penstock-program-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

/** Runs the command as a shell would, to its end. */
function hub(args: readonly string[], cwd = tempDir(), env: Record<string, string> = {}): Promise<Result> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [BIN, ...args],
      { cwd, env: { ...process.env, ...env } },
      (_error, stdout, stderr) => resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

describe('help', () => {
  test('of the whole names every command; hub alone prints it too', async () => {
    const [alone, asked] = await Promise.all([hub([]), hub(['--help'])]);
    expect(asked).toMatchObject({ exitCode: 0, stderr: '' });
    for (const command of ['init', 'check', 'run', 'status', 'help'])
      expect(asked.stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    expect(alone).toEqual(asked);
  });

  test.each([
    ['init', ['[directory]', '--force', '--json', '--verbose', 'hub init my-hub']],
    ['check', ['--config', '--json', '--verbose', 'hub check --config']],
    ['run', ['--config', '--only', '--verbose', 'SIGTERM', 'hub run --only']],
    ['status', ['--config', '--data-dir', '--json', '--watch', '--verbose']],
  ])('of %s names its options', async (command, names) => {
    const { exitCode, stdout } = await hub([command, '--help']);
    expect(exitCode).toBe(0);
    for (const name of names) expect(stdout).toContain(name);
  });
});

test('help on a command in a group is that of the command', async () => {
  const [short, long] = await Promise.all([hub(['help', 'queue', 'rm']), hub(['queue', 'rm', '--help'])]);
  expect(short).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^Usage: hub queue rm /), stderr: '' });
  expect(long).toEqual(short);
});

test('help and errors have colours where they are asked for, and never otherwise', async () => {
  const cwd = tempDir();
  const inColour = { FORCE_COLOR: '1', NO_COLOR: '' };
  const [plain, coloured, refused] = await Promise.all([
    hub(['run', '--help'], cwd, { FORCE_COLOR: '', CI: 'true' }),
    hub(['run', '--help'], cwd, inColour),
    hub(['run', '--help'], cwd, { FORCE_COLOR: '1', NO_COLOR: '1' }),
  ]);
  expect(plain.stdout).not.toContain('\x1b');
  expect(coloured.stdout).toContain('\x1b[1mExamples:\x1b[22m');
  expect(stripVTControlCharacters(coloured.stdout)).toBe(plain.stdout);
  expect(refused).toEqual(plain);
  expect((await hub(['run'], cwd, inColour)).stderr).toContain('\x1b[31mhub:\x1b[39m there is no hub.config.ts');
});

test('--version prints that of the package', async () => {
  expect(await hub(['--version'])).toEqual({ exitCode: 0, stdout: '0.1.0\n', stderr: '' });
});

describe('a command line that cannot be meant ends with exit code 2, says what is wrong and hints', () => {
  test.each([
    ['an unknown command', ['rnu'], "hub: unknown command 'rnu'", 'run?'],
    ['an unknown option', ['run', '--confg', 'x'], "hub: unknown option '--confg'", '--config?'],
    ['an argument too many', ['run', 'now'], 'hub: too many arguments', 'see "hub run --help"'],
    ['an empty path, as of a variable that is not set', ['status', '-d', ''], 'is empty', 'see "hub status --help"'],
    ['an option without its value', ['status', '--data-dir'], 'argument missing', 'see "hub status --help"'],
    [
      'a watch interval that is none',
      ['status', '--watch', '0'],
      'seconds from 0.1 to 3600',
      'see "hub status --help"',
    ],
  ])('%s', async (_what, args, message, hint) => {
    const { exitCode, stdout, stderr } = await hub(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });

  test('--only with a name that is not in the config', async () => {
    const cwd = tempDir();
    writeFileSync(join(cwd, 'hub.config.json'), '{ "consumers": { "badges": { "module": "./badges.ts" } } }');
    expect(await hub(['run', '--only', 'badge'], cwd)).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'hub: --only: hub.config.json has no consumer "badge"; it has badges\n',
    });
  });
});

describe('an error', () => {
  test('is one line with the exit code of its kind', async () => {
    const cwd = tempDir();
    const { exitCode, stderr } = await hub(['run'], cwd);
    expect(exitCode).toBe(10);
    expect(stderr).toMatch(/^hub: there is no hub\.config\.ts, \.js, \.mjs or \.json in .*\n$/);
  });

  test('comes with its stack and cause when asked', async () => {
    const cwd = tempDir();
    writeFileSync(join(cwd, 'hub.config.mjs'), 'throw new Error("deeper");');
    const short = await hub(['run'], cwd);
    expect(short).toMatchObject({ exitCode: 11 });
    expect(short.stderr).toMatch(/^hub: hub\.config\.mjs:1:7: threw while it was loaded: deeper\n$/);
    const { exitCode, stderr } = await hub(['run', '--verbose'], cwd);
    expect(exitCode).toBe(11);
    expect(stderr).toContain('hub: caused by: Error: deeper');
    expect(stderr).toMatch(/hub: {5}at .*hub\.config\.mjs:1:7/);
  });

  test('several problems in a config are a line each', async () => {
    const cwd = tempDir();
    writeFileSync(join(cwd, 'hub.config.json'), '{ "datadir": "x", "drainTimeoutMs": "1" }');
    const { exitCode, stderr } = await hub(['run'], cwd);
    expect(exitCode).toBe(12);
    expect(stderr.trimEnd().split('\n').toSorted()).toEqual([
      expect.stringMatching(/^hub: hub\.config\.json: drainTimeoutMs: /),
      'hub: hub.config.json: unknown key "datadir"; did you mean "dataDir"?',
    ]);
  });

  test('in a TypeScript config is told with line and column of the source, also when it is thrown', async () => {
    const cwd = tempDir();
    writeFileSync(join(cwd, 'hub.config.ts'), 'interface Gone {}\n\nconst port: number = 1;\n  throw new Error("no");');
    expect(await hub(['status'], cwd)).toEqual({
      exitCode: 11,
      stdout: '',
      stderr: 'hub: hub.config.ts:4:9: threw while it was loaded: no\n',
    });
  });
});

test('a config that leaves a timer running does not keep a failed command from ending with its exit code', async () => {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'hub.config.mjs'), 'setInterval(() => {}, 1000); export default { datadir: "x" };');
  expect(await hub(['status'], cwd)).toMatchObject({ exitCode: 12 });
});
