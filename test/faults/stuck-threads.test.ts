// Consumers inside a synchronous call that does not return, such as the read of a pipe that nobody writes to: their threads
// cannot be ended, only left behind, a few of them; the rest of the hub goes on, and it can be stopped. In a process of its
// own, which such a thread would keep from ending in order.
import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readTexts } from '../support/deliveries.js';
import { HubProject } from '../support/hub-project.js';
import { allGone } from '../support/supervised-hub.js';
import { fixture } from '../support/test-hub.js';
import { until } from '../support/until.js';

const hasPipes = spawnSync('mkfifo', ['--version']).status === 0;

class StuckProject extends HubProject {
  readonly pipe: string;

  constructor(settings: { readonly killAfterMs: number | false; readonly maxCrashes?: number }) {
    super({});
    this.pipe = this.path('pipe');
    expect(spawnSync('mkfifo', [this.pipe]).status).toBe(0);
    this.configure('block-kinds', { stallMs: 500, ...settings });
  }

  configure(module: string, settings: object = {}): void {
    const options = { log: this.path('log'), pipe: this.pipe };
    const consumers = {
      stuck: { module: fixture(module), ...settings, options },
      neighbour: { module: fixture('record'), options: { log: this.path('other') } },
    };
    this.write({ 'hub.config.json': JSON.stringify({ http: { port: 0 }, drainTimeoutMs: 300, consumers }) });
  }

  /** Publishes a message that the consumer gets stuck in, and then some that it does not. */
  async publish(): Promise<void> {
    const guilty = this.hub(['publish', 'test.a', 'pipe', '--header', 'block=pipe']);
    expect(await guilty.ended, guilty.output).toMatchObject({ code: 0 });
    const others = this.hub(['publish', 'test.a', '-', '--lines']);
    others.process.stdin?.end('1\n2\n3\n');
    expect(await others.ended, others.output).toMatchObject({ code: 0 });
    await until('the neighbour has got them', () => readTexts(this.path('other')).length === 4);
  }

  /** Ends a hub with SIGTERM; resolves when its process is gone. */
  async terminate(hub: ReturnType<HubProject['hub']>): Promise<void> {
    const { pid } = await this.status();
    hub.kill('SIGTERM');
    await hub.ended;
    await allGone(pid);
  }
}

const title = 'a thread inside a call that does not return';

describe.skipIf(!hasPipes)(hasPipes ? title : `${title} (skipped: no mkfifo)`, () => {
  it('is left behind until its message is a dead letter; then the rest is delivered', async () => {
    const project = new StuckProject({ killAfterMs: 2_000, maxCrashes: 2 });
    const hub = await project.run();
    await project.publish();
    await hub.line(/"stuck", thread 0: .*cannot be ended.*isolation: "process"/);
    const { consumers } = await project.statusWhen(({ consumers }) => consumers.every(({ backlog }) => backlog === 0));
    expect(consumers[0]).toMatchObject({ deadLetteredTotal: { crashes: 1 }, settledTotal: { acknowledged: 3 } });
    expect(readTexts(project.path('log'))).toEqual(['pipe', 'pipe', '1', '2', '3']);
    await project.terminate(hub);
  });

  it('is one of four at most; the consumer goes on when they return', async () => {
    const project = new StuckProject({ killAfterMs: 1_000, maxCrashes: 255 });
    const hub = await project.run();
    await project.publish();
    const { consumers, notReady } = await project.statusWhen(({ consumers }) =>
      /none is started/.test(consumers[0]?.problem ?? ''),
    );
    expect(consumers[0]).toMatchObject({ state: 'failed', backlog: 4 });
    // One more may have been ended that merely did not get its turn, on a machine that is busy.
    expect(consumers[0]?.stallsKilledTotal).toBeGreaterThanOrEqual(4);
    expect(notReady.join()).toContain('4 of its threads are inside calls that do not return');
    await hub.line(/"stuck", thread 0: 4 of its threads .*isolation: "process".*; started again in/);
    expect(readTexts(project.path('log'))).toEqual(['pipe', 'pipe', 'pipe', 'pipe']);

    // Opened for both, a pipe lets all who wait for a writer go on; with its end they have read it.
    const pipe = openSync(project.pipe, constants.O_RDWR);
    rmSync(project.pipe);
    writeFileSync(project.pipe, '');
    closeSync(pipe);
    await project.statusWhen(({ consumers }) => consumers.every(({ backlog }) => backlog === 0));
    expect(readTexts(project.path('log'))).toEqual(['pipe', 'pipe', 'pipe', 'pipe', 'pipe', '1', '2', '3']);
    hub.kill('SIGTERM');
    expect(await hub.ended, hub.output).toEqual({ code: 0, signal: null });
  });

  it('does not keep the hub from stopping; its message stays queued', async () => {
    const project = new StuckProject({ killAfterMs: false });
    const hub = await project.run();
    await project.publish();
    await hub.line(/consumer "stuck" is stalled: thread 0 .*, with "test.a" at position \d+/);
    await project.terminate(hub);
    project.configure('record');
    const second = await project.run();
    await project.statusWhen(({ consumers }) => consumers.every(({ backlog }) => backlog === 0));
    expect(readTexts(project.path('log'))).toEqual(['pipe', 'pipe', '1', '2', '3']);
    second.kill('SIGTERM');
    expect(await second.ended, second.output).toEqual({ code: 0, signal: null });
  });
});
