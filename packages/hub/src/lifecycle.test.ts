// The life cycle's contract, and the stress that every part of the hub with a start and a stop has to stand in
// process. (Parts that start threads stand it with the built output, in test/.)
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ControlServer } from './admin/control-server.js';
import { HttpServer } from './admin/http-server.js';
import { Service } from './lifecycle.js';
import { SourceHost, type SourceParts } from './source/source-host.js';
import { exampleSnapshot } from './telemetry/snapshot.fixture.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Notes what it does; takes a turn of the event loop for each step; fails when told to. */
class Part extends Service {
  readonly steps: string[] = [];
  failures: { start?: string; stop?: string } = {};
  open = 0;

  protected override async onStart(): Promise<void> {
    this.open++;
    this.steps.push('start');
    await turn();
    if (this.failures.start !== undefined) throw new Error(this.failures.start);
  }

  protected override async onStop(): Promise<void> {
    this.steps.push('stop');
    await turn();
    this.open--;
    if (this.failures.stop !== undefined) throw new Error(this.failures.stop);
  }
}

/** Waits in its start for what never comes. */
class Patient extends Part {
  protected override async onStart(): Promise<void> {
    await super.onStart();
    await this.stopAskedFor;
  }
}

let part: Part;
beforeEach(() => {
  part = new Part();
});

describe('a part with a life cycle', () => {
  it('goes from one state to the next, and is in each for as long as it lasts', async () => {
    expect(part.state).toBe('stopped');
    const started = part.start();
    expect(part.state).toBe('starting');
    await started;
    expect(part.state).toBe('running');
    const stopped = part.stop();
    expect(part.state).toBe('stopping');
    await stopped;
    expect(part.state).toBe('stopped');
  });

  it('starts once and stops once, however often it is asked to', async () => {
    await Promise.all([part.start(), part.start(), part.start()]);
    await part.start();
    await Promise.all([part.stop(), part.stop()]);
    await part.stop();
    expect(part.steps).toEqual(['start', 'stop']);
  });

  it('can be stopped before it was ever started', async () => {
    await part.stop();
    expect(part.steps).toEqual([]);
  });

  it('can be started again', async () => {
    await part.start();
    await part.stop();
    await part.start();
    expect([part.state, part.open]).toEqual(['running', 1]);
  });

  it('waits for a start that is under way before it stops', async () => {
    const started = part.start();
    await part.stop();
    await started;
    expect(part.steps).toEqual(['start', 'stop']);
    expect(part.state).toBe('stopped');
  });

  it('closes what a failed start had opened, tells every caller why, and can be tried again', async () => {
    part.failures = { start: 'no socket' };
    const callers = [part.start(), part.start()];
    for (const caller of callers) await expect(caller).rejects.toThrow('no socket');
    expect([part.state, part.open]).toEqual(['stopped', 0]);
    part.failures = {};
    await part.start();
    expect(part.state).toBe('running');
  });

  it('names why it did not start, also when undoing that fails as well', async () => {
    part.failures = { start: 'no socket', stop: 'nor can it be closed' };
    await expect(part.start()).rejects.toThrow('no socket');
    expect(part.state).toBe('stopped');
  });

  it('stops without an error when its start fails meanwhile', async () => {
    part.failures = { start: 'no socket' };
    const started = part.start();
    const stopped = part.stop();
    await expect(started).rejects.toThrow('no socket');
    await stopped;
    expect([part.state, part.open]).toEqual(['stopped', 0]);
  });

  it('stops without an error when it is asked to while a failed start is undone', async () => {
    part.failures = { start: 'no socket' };
    const started = part.start();
    while (part.state !== 'stopping') await turn();
    const stopped = part.stop();
    await expect(started).rejects.toThrow('no socket');
    await stopped;
  });

  it('is stopped also when stopping fails, and starts again', async () => {
    await part.start();
    part.failures = { stop: 'stuck' };
    const stopped = part.stop();
    const restarted = part.start();
    await expect(stopped).rejects.toThrow('stuck');
    await restarted;
    expect(part.state).toBe('running');
  });

  it('need not wait any longer in its start once a stop is asked for, whatever is asked for next', async () => {
    const patient = new Patient();
    for (let round = 0; round < 3; round++) {
      const started = patient.start();
      await turn();
      const stopped = patient.stop();
      const again = patient.start();
      await Promise.all([started, stopped]);
      const stoppedAgain = patient.stop();
      await Promise.all([again, stoppedAgain]);
    }
    expect([patient.state, patient.open]).toEqual(['stopped', 0]);
    expect(patient.steps.join(' ')).not.toMatch(/start start|stop stop/);
  });

  it('ends as the last call wanted it, in whatever order and however fast the calls came', async () => {
    const call = fc.record({ wish: fc.constantFrom('start' as const, 'stop' as const), turns: fc.nat({ max: 3 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 12 }), async (calls) => {
        const each = new Part();
        const pending: Promise<void>[] = [];
        for (const { wish, turns } of calls) {
          pending.push(each[wish]());
          for (let left = turns; left > 0; left--) await turn();
        }
        await Promise.all(pending);
        expect(each.state).toBe(calls.at(-1)?.wish === 'start' ? 'running' : 'stopped');
        expect(each.open).toBe(each.state === 'running' ? 1 : 0);
        // Never two of them one after the other: what was opened was closed before it was opened again.
        expect(each.steps.join(' ')).not.toMatch(/start start|stop stop/);
      }),
      { numRuns: 200 },
    );
  });
});

const CALLERS = 10;
const ROUNDS = 50;
const STOP_WITHIN_MS = 5_000;

const dataDir = mkdtempSync(join(tmpdir(), 'penstock-lifecycle-'));
afterAll(() => {
  rmSync(dataDir, { recursive: true });
});

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const parts: [string, () => Service][] = [
  ['a part that takes a turn for each step', () => new Part()],
  [
    'the HTTP server',
    () => {
      const metrics = { contentType: 'text/plain', render: async () => '' };
      return new HttpServer({ host: '127.0.0.1', port: 0, metrics, snapshot: exampleSnapshot, log: silent });
    },
  ],
  ['the control server', () => new ControlServer({ dataDir, log: silent, routes: [] })],
  [
    'a source’s host',
    () => {
      const definition = { type: 'fake', description: 'nothing', create: () => new Part() };
      return new SourceHost('fake', definition, {} as SourceParts, silent);
    },
  ],
];

/** What the process holds that would keep it alive, or that it could run out of; closed handles are gone by the next turn. */
async function held(): Promise<{ resources: string[]; descriptors: number }> {
  await turn();
  await turn();
  const resources = process.getActiveResourcesInfo().filter((name) => name !== 'Immediate' && name !== 'Timeout');
  return { resources: resources.sort(), descriptors: readdirSync('/proc/self/fd').length };
}

describe.skipIf(process.platform !== 'linux')('started and stopped by many callers at once', () => {
  it.each(parts)(`%s stops within ${STOP_WITHIN_MS} ms each time, and leaves nothing open`, async (_, make) => {
    const service = make();
    // The first cycle opens what stays for good, such as a module's descriptors.
    await service.start();
    await service.stop();
    const before = await held();
    let slowestMs = 0;
    const caller = async () => {
      for (let round = 0; round < ROUNDS; round++) {
        await service.start();
        const startedMs = performance.now();
        await service.stop();
        slowestMs = Math.max(slowestMs, performance.now() - startedMs);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    await service.stop();
    expect(service.state).toBe('stopped');
    expect(slowestMs).toBeLessThan(STOP_WITHIN_MS);
    expect(await held()).toEqual(before);
  });
});
