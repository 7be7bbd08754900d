// A message that ends the whole hub with its thread, as a native crash in a consumer does: it is found out over the restarts
// and becomes a dead letter, and no message that was merely in flight beside it does.
import { describe, expect, it, vi } from 'vitest';
import { readNotes } from '../support/deliveries.js';
import { HubProject } from '../support/hub-project.js';
import { stop } from '../support/scripted-project.js';
import { fixture } from '../support/test-hub.js';
import { until } from '../support/until.js';

const MESSAGES = 12;
const GUILTY = 4;
const MAX_CRASHES = 2;

/** Each crash costs a start of the hub, and a longer wait before it; a machine may be many times as busy as usual. */
const PATIENCE_MS = 200_000;
vi.setConfig({ testTimeout: 3 * PATIENCE_MS });

interface Note {
  readonly event: 'begin' | 'end';
  readonly n: number;
}

class CrashingProject extends HubProject {
  constructor(maxCrashes: number) {
    const module = fixture('ends-its-process');
    const options = (name: string, waitMs: number, guilty?: number) => ({ log: `./${name}.log`, waitMs, guilty });
    super({
      'hub.config.json': JSON.stringify({
        http: { port: 0 },
        consumers: {
          guilty: { module, maxCrashes, concurrency: 3, options: options('guilty', 30, GUILTY) },
          // These are in flight whenever the hub crashes, far longer than the guilty one takes.
          slow: { module, maxCrashes, concurrency: 3, options: options('slow', 600) },
          strict: { module, maxCrashes, order: 'strict', options: options('strict', 500) },
        },
      }),
    });
  }

  notes(consumer: string): Note[] {
    return readNotes<Note>(this.path(`${consumer}.log`));
  }

  /** Publishes them all, however often the hub crashes meanwhile. */
  async publish(): Promise<void> {
    const child = this.hub(['publish', 'test.a', '-', '--lines']);
    const lines = Array.from({ length: MESSAGES }, (_, n) => `${n}\n`);
    child.process.stdin?.end(lines.join(''));
    expect(await child.ended, child.output).toEqual({ code: 0, signal: null });
  }

  /** Lets them go on. The hub may crash before that is written down, or before it has answered: then it is told again. */
  async resume(...consumers: readonly string[]): Promise<void> {
    const isToldSo = async () => (await this.hub(['resume', ...consumers]).ended).code === 0;
    await until(`${consumers.join(', ')} may go on`, isToldSo, PATIENCE_MS);
  }

  crashes(): number {
    return this.notes('guilty').filter(({ event, n }) => event === 'begin' && n === GUILTY).length;
  }
}

describe('a message that ends the hub', () => {
  it('becomes a dead letter after maxCrashes, and no other one does, of whichever consumer', async () => {
    const project = new CrashingProject(MAX_CRASHES);
    const hub = project.supervised();
    await hub.ready();
    // None begins before all are accepted.
    expect(await project.hub(['pause', 'guilty', 'slow', 'strict']).ended).toMatchObject({ code: 0 });
    await project.publish();
    await project.resume('slow', 'strict', 'guilty');
    // One that nobody could put down to it, and as many as it may have.
    const isOver = () => project.crashes() > MAX_CRASHES;
    await until('the guilty one has crashed for the last time', isOver, PATIENCE_MS);
    const all = (consumer: string) =>
      new Set(project.notes(consumer).flatMap(({ event, n }) => (event === 'end' ? n : [])));
    await until(
      'all others are delivered',
      () => ['slow', 'strict', 'guilty'].every((name) => all(name).size >= MESSAGES - (name === 'guilty' ? 1 : 0)),
      PATIENCE_MS,
    );
    const { consumers } = await project.statusWhen(({ consumers }) => consumers.every(({ backlog }) => backlog === 0));
    const letters = Object.fromEntries(consumers.map(({ consumer, deadLetters }) => [consumer, deadLetters]));
    expect(letters).toEqual({ guilty: 1, slow: 0, strict: 0 });
    const listed = project.hub(['dlq', 'ls', 'guilty', '--json']);
    expect(await listed.ended, listed.output).toMatchObject({ code: 0 });
    expect(listed.json()).toMatchObject({ reason: { kind: 'crashes' } });
    expect(project.crashes()).toBe(MAX_CRASHES + 1);
    const order = project.notes('strict').flatMap(({ event, n }) => (event === 'end' ? n : []));
    expect([...new Set(order)]).toEqual(Array.from({ length: MESSAGES }, (_, n) => n));
    await stop(hub.child);
  });

  it('control: with no bound on crashes it ends the hub again and again', async () => {
    const project = new CrashingProject(255);
    await project.supervised().ready();
    expect(await project.hub(['pause', 'guilty']).ended).toMatchObject({ code: 0 });
    await project.publish();
    await project.resume('guilty');
    await until(
      'it has crashed more often than the bound of the test before allows',
      () => project.crashes() > MAX_CRASHES + 1,
      PATIENCE_MS,
    );
  });
});
