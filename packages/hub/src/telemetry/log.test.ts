import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatJson } from './log-line.js';
import { runScript, startScript } from './run-script.fixture.js';

const IMPORT = "const { createLog, componentLog } = await import(dist + 'telemetry/log.js');";

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

describe('the log of the main thread', () => {
  it('writes lines for people, with the component and without colours when it is no terminal', async () => {
    const { stderr, code } = await runScript(`${IMPORT}
      const log = createLog({ level: 'info', format: 'text', name: 'hub' });
      log.info('hub ready', { url: 'http://127.0.0.1:9464' });
      log.debug('not shown');
      componentLog(log, 'zeromq').warn('rejected', { reason: 'frames' });`);
    expect(code).toBe(0);
    expect(linesOf(stderr).map((line) => line.replace(/^\S+Z /, ''))).toEqual([
      'info  hub ready url=http://127.0.0.1:9464',
      'warn  [zeromq] rejected reason=frames',
    ]);
  });

  it('writes JSON lines that differ from those of a thread only in where they come from', async () => {
    const { stderr } = await runScript(`${IMPORT}
      const log = createLog({ level: 'debug', format: 'json', name: 'hub' });
      log.debug('first');
      componentLog(log, 'journal').error('second', { a: [1], err: new TypeError('boom') });`);
    const [first, second] = linesOf(stderr).map((line) => JSON.parse(line));
    expect(first).toMatchObject({ level: 20, name: 'hub', msg: 'first' });
    expect(second).toMatchObject({ level: 50, component: 'journal', err: { type: 'TypeError', message: 'boom' } });
    const { level: _level, time, msg, a, err, ...origin } = second;
    const ours = formatJson({ time, level: 'error', message: msg, fields: { a, err } }, origin);
    expect(linesOf(stderr)[1]).toBe(ours);
  });

  it('writes nothing at level silent', async () => {
    const { stderr } = await runScript(`${IMPORT}
      createLog({ level: 'silent', format: 'text' }).error('not shown');`);
    expect(stderr).toBe('');
  });

  it('cuts a line that is too long, and says so', async () => {
    const { stderr } = await runScript(`${IMPORT}
      createLog({ level: 'info', format: 'text' }).info('x'.repeat(100_000));
      createLog({ level: 'info', format: 'json' }).info('x'.repeat(100_000));`);
    const [textLine = '', jsonLine = ''] = linesOf(stderr);
    expect(Buffer.byteLength(textLine)).toBeLessThan(17 * 1024);
    expect(textLine).toMatch(/x … \(cut from 100031 bytes\)$/);
    expect(JSON.parse(jsonLine)).toMatchObject({ level: 30, msg: 'x'.repeat(2_000) });
  });

  it('goes on without standard error when nobody is there to read it any more', async () => {
    const child = startScript(`${IMPORT}
      const log = createLog({ level: 'info', format: 'text' });
      process.stdin.once('data', () => {
        for (let i = 0; i < 10; i++) log.info('into the void');
        process.stdout.write(String(log.linesDropped));
        process.stdin.destroy();
      });
      process.stdout.write('ready ');`);
    if (child.stdout === null) throw new Error('no pipe');
    const output = text(child.stdout);
    child.stderr?.destroy();
    await once(child.stderr ?? child, 'close');
    child.stdin?.write('go');
    expect(await output).toBe('ready 10');
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(0);
  });
});

describe('a pipe that is full', () => {
  let directory: string;
  let reader: Socket;
  let writeEnd: number;
  let seen = '';

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'penstock-log-'));
    const path = join(directory, 'pipe');
    execFileSync('mkfifo', [path]);
    reader = new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), readable: true });
    writeEnd = openSync(path, constants.O_WRONLY);
    seen = '';
  });

  afterEach(() => {
    reader.destroy();
    closeSync(writeEnd);
    rmSync(directory, { recursive: true });
  });

  async function readUntil(pattern: RegExp): Promise<void> {
    if (reader.listenerCount('data') === 0) reader.setEncoding('utf8').on('data', (text: string) => (seen += text));
    while (!pattern.test(seen)) await once(reader, 'data');
  }

  // The kernel writes up to 4,096 bytes all or not at all; a longer line can be torn where the pipe is full.
  it.each([500, 10_000])(
    'never holds the hub up: lines of %d bytes are whole, or counted and reported',
    async (bytes) => {
      const child = startScript(
        `${IMPORT}
      const log = createLog({ level: 'info', format: 'text' });
      for (let i = 0; i < 500; i++) log.info('line ' + i + ' ' + 'x'.repeat(${bytes}));
      process.stdout.write(String(log.linesDropped));
      process.stdin.once('data', () => {
        const timer = setInterval(() => log.info('again'), 20);
        process.stdin.once('end', () => clearInterval(timer));
      });`,
        ['pipe', 'pipe', writeEnd],
      );
      const dropped = Number(((await once(child.stdout as Readable, 'data')) as [Buffer])[0]);
      expect(dropped).toBeGreaterThan(0);
      await readUntil(/line/);
      child.stdin?.write('go');
      await readUntil(/again\n(?:.*\n)*.*log lines dropped.*\n/);
      child.stdin?.end();
      expect((await once(child, 'exit'))[0]).toBe(0);
      const whole = new RegExp(`^\\S+Z info {2}line \\d+ x{${bytes}}$`, 'gm');
      expect(seen.match(whole)).toHaveLength(500 - dropped);
      expect(seen).toContain(`warn  ${dropped} log lines dropped: standard error was full or closed\n`);
    },
  );
});
