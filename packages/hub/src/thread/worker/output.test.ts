import { describe, expect, it } from 'vitest';
import { runScript } from '../../telemetry/run-script.fixture.js';

interface Settings {
  readonly level?: string;
  readonly format?: 'text' | 'json';
  readonly linesPerSecond?: number;
}

/** A process whose main thread starts one thread, an ES module, in which `body` runs with `log` and `dropped()`. */
function inThread(body: string, { level = 'debug', format = 'text', linesPerSecond = 1_000 }: Settings = {}) {
  const settings = JSON.stringify({ consumer: 'badges', threadIndex: 1, level, format, linesPerSecond });
  const thread = `
    import { parentPort, workerData } from 'node:worker_threads';
    const { installOutput } = await import(workerData + 'thread/worker/output.js');
    let lost = 0;
    const log = installOutput({ ...${settings}, onDropped: (lines) => { lost += lines; } });
    const dropped = () => lost;
    ${body}`;
  return `
    import { Worker } from 'node:worker_threads';
    const worker = new Worker(${JSON.stringify(thread)}, { eval: true, workerData: dist, stdout: true, stderr: true });
    let throughMain = '';
    worker.stdout.on('data', (chunk) => { throughMain += chunk; });
    worker.stderr.on('data', (chunk) => { throughMain += chunk; });
    worker.on('message', (message) => console.log(JSON.stringify(message)));
    worker.on('exit', () => process.stdout.write(throughMain));`;
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

describe('what a consumer thread prints', () => {
  it('goes to standard error from the thread, with the consumer in front of every line, nothing through main', async () => {
    const { stderr, stdout, code } = await runScript(
      inThread(`
        console.log('hello %s', 'world', { a: 1 });
        console.error('two\\nlines');
        console.group('outer');
        console.warn('inner');
        console.groupEnd();
        console.table([{ a: 1 }]);
        process.stdout.write('in ');
        process.stdout.write('parts\\r\\n');
        process.stderr.write(Buffer.from('bytes é\\n').subarray(0, 7));
        process.stderr.write(Buffer.from('bytes é\\n').subarray(7));
        process.stdout.write('0a'.repeat(2), 'hex');
        process.stdout.write('no end');`),
    );
    expect(linesOf(stderr)).toEqual([
      '[badges] hello world { a: 1 }',
      '[badges] two',
      '[badges] lines',
      '[badges] outer',
      '[badges]   inner',
      '[badges] ┌─────────┬───┐',
      '[badges] │ (index) │ a │',
      '[badges] ├─────────┼───┤',
      '[badges] │ 0       │ 1 │',
      '[badges] └─────────┴───┘',
      '[badges] in parts',
      '[badges] bytes é',
      '[badges] ',
      '[badges] ',
      '[badges] no end',
    ]);
    expect(stdout).toBe('');
    expect(code).toBe(0);
  });

  it('ends no thread when the main thread comes to read only after it was taken over', async () => {
    const { stdout, stderr, code } = await runScript(`
      import { Worker } from 'node:worker_threads';
      const taken = new Int32Array(new SharedArrayBuffer(4));
      const thread = \`
        import { parentPort, workerData } from 'node:worker_threads';
        const { dist, taken } = workerData;
        const { installOutput } = await import(dist + 'thread/worker/output.js');
        installOutput({ consumer: 'badges', threadIndex: 0, level: 'info', format: 'text', linesPerSecond: 10, onDropped() {} });
        Atomics.store(taken, 0, 1);
        Atomics.notify(taken, 0);
        parentPort.once('message', () => { console.log('still here'); parentPort.unref(); });\`;
      const worker = new Worker(thread, { eval: true, workerData: { dist, taken } });
      Atomics.wait(taken, 0, 0);
      setImmediate(() => worker.postMessage('after Node has asked for its output'));
      worker.on('error', (error) => console.log(error.message));`);
    expect({ stdout, stderr, code }).toEqual({ stdout: '', stderr: '[badges] still here\n', code: 0 });
  });

  it('gets out while the main thread is blocked', async () => {
    const { stderr } = await runScript(`
      import { writeSync } from 'node:fs';
      import { Worker } from 'node:worker_threads';
      const cell = new Int32Array(new SharedArrayBuffer(4));
      const thread = \`
        import { parentPort, workerData } from 'node:worker_threads';
        const { dist, cell } = workerData;
        const { installOutput } = await import(dist + 'thread/worker/output.js');
        installOutput({ consumer: 'badges', threadIndex: 0, level: 'info', format: 'text', linesPerSecond: 10, onDropped() {} });
        parentPort.postMessage('loaded');
        Atomics.wait(cell, 0, 0);
        console.log('from the thread');
        Atomics.store(cell, 0, 2);
        Atomics.notify(cell, 0);\`;
      new Worker(thread, { eval: true, workerData: { dist, cell } }).on('message', () => {
        Atomics.store(cell, 0, 1);
        Atomics.notify(cell, 0);
        Atomics.wait(cell, 0, 1);
        writeSync(2, 'main goes on\\n');
      });`);
    expect(linesOf(stderr)).toEqual(['[badges] from the thread', 'main goes on']);
  });

  it('looks like the hub’s own lines when it comes from context.log', async () => {
    const { stderr } = await runScript(inThread("log.warn('slow', { topic: 'a.b', err: new Error('x') });"));
    expect(stderr).toMatch(/^\S+Z warn {2}\[badges\] slow topic=a\.b err="Error: x\\n {4}at .*"\n$/);
  });

  it('is JSON with consumer and thread when JSON is asked for', async () => {
    const body = "console.warn('a'); console.log('b\\nc'); process.stderr.write('d\\n'); log.info('e', { n: 1 });";
    const { stderr } = await runScript(inThread(body, { format: 'json' }));
    const records = linesOf(stderr).map((line) => JSON.parse(line));
    expect(records.map(({ level, msg }) => [level, msg])).toEqual([
      [40, 'a'],
      [30, 'b'],
      [30, 'c'],
      [50, 'd'],
      [30, 'e'],
    ]);
    expect(records[4]).toMatchObject({ consumer: 'badges', thread: 1, n: 1 });
  });

  it('is held to the least level that is written', async () => {
    const body = "console.debug('a'); console.log('b'); console.warn('c'); log.info('d'); log.error('e');";
    const { stderr } = await runScript(inThread(body, { level: 'warn' }));
    expect(linesOf(stderr)).toEqual(['[badges] c', expect.stringMatching(/error \[badges\] e$/)]);
  });

  it('is limited in lines a second: every line is written or counted, and the counts are written too', async () => {
    const { stderr, stdout } = await runScript(
      inThread(
        `for (let i = 0; i < 200; i++) console.log('flood');
        for (let i = 0; i < 200; i++) log.info('flood');
        process.stdout.write('flood\\n'.repeat(200));
        parentPort.postMessage(dropped());`,
        { linesPerSecond: 5 },
      ),
    );
    const written = linesOf(stderr).filter((line) => line.endsWith('[badges] flood'));
    const reports = linesOf(stderr).filter((line) => line.includes('log lines dropped: more than 5 lines a second'));
    const reported = reports.map((line) => Number(/(\d+) log lines/.exec(line)?.[1]));
    expect(written.length + Number(stdout)).toBe(600);
    expect(written.length).toBeLessThan(300);
    expect(reported.reduce((sum, lines) => sum + lines, 0)).toBe(Number(stdout));
  });

  it('is written again once the flood is over, after a line that says what was lost', async () => {
    const { stderr } = await runScript(
      inThread(
        `for (let i = 0; i < 100; i++) console.log('flood');
        const timer = setInterval(() => {
          const before = dropped();
          console.log('later');
          if (dropped() === before) clearInterval(timer);
        }, 100);`,
        { linesPerSecond: 2 },
      ),
    );
    const lines = linesOf(stderr);
    expect(lines.slice(0, 4)).toEqual(Array.from({ length: 4 }, () => '[badges] flood'));
    expect(lines.filter((line) => line === '[badges] later')).toHaveLength(1);
    expect(lines.filter((line) => line.includes('log lines dropped')).length).toBeGreaterThan(0);
  });

  it('is flushed with lines that have no end yet', async () => {
    const { stderr } = await runScript(inThread("process.stdout.write('begun'); log.flush(); console.log('next');"));
    expect(linesOf(stderr)).toEqual(['[badges] begun', '[badges] next']);
  });

  it('is cut where a line is too long', async () => {
    const { stderr } = await runScript(inThread("console.log('é'.repeat(20_000)); console.log('next');"));
    const [long = '', next] = linesOf(stderr);
    expect(Buffer.byteLength(long)).toBeLessThan(17 * 1024);
    expect(long).toMatch(/^\[badges\] é+ … \(cut from 40009 bytes\)$/);
    expect(next).toBe('[badges] next');
  });

  it('does not end the thread when it closes its own standard output', async () => {
    const { stderr, code } = await runScript(
      inThread("process.stdout.end(); console.log('lost'); process.stdout.write('lost\\n'); console.error('alive');"),
    );
    expect(linesOf(stderr)).toEqual(['[badges] alive']);
    expect(code).toBe(0);
  });
});
