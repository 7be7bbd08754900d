// A project whose hub takes a known run of messages at its start and keeps what is settled, for tests of replays and of
// where queues begin. Each consumer writes down what it got; while there is a file `hold`, deliveries wait.
import { rmSync } from 'node:fs';
import { expect } from 'vitest';
import type { Child } from './child.js';
import { readNotes } from './deliveries.js';
import { HubProject } from './hub-project.js';

/** A delivery as its consumer has written it down. */
export interface Got {
  /** The body, which is the message's number. */
  readonly n: number;
  readonly id: string;
  readonly position: number;
  readonly time: number;
  readonly attempt: number;
}

const PROGRESS = /^hub: (?:looking for where to begin|.* searched \()/;

const consumer = `
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer, type DeliveryContext, type Message } from '@penstock/hub';
export default class extends Consumer {
  static override topics = ['test.>'];
  async consume(message: Message, { consumer }: DeliveryContext) {
    while (existsSync('hold')) await sleep(5);
    const { id, position, time, attempt } = message;
    appendFileSync(consumer + '.log', JSON.stringify({ n: Number(message.text()), id, position, time, attempt }) + '\\n');
  }
}`;

/** In the middle of the run the clock goes on, so that a time lies between its halves. */
const source = `
import { setTimeout as sleep } from 'node:timers/promises';
import type { SourceDefinition } from '@penstock/hub';
export const numbers = (from: number, to: number): SourceDefinition => ({
  type: 'test',
  description: 'numbers',
  create: (context) => ({
    async start() {
      for (let n = from; n < to; n++) {
        if (n === from + Math.floor((to - from) / 2)) await sleep(20);
        context.accept(n % 2 === 0 ? 'test.even' : 'test.odd', String(n).padEnd(500), { id: 'n' + n });
      }
    },
    async stop() {},
  }),
});`;

export interface ReplayConfig {
  /** Settings of each consumer, by its name. */
  readonly consumers: Readonly<Record<string, object>>;
  readonly retain?: object;
  /** Which numbers come in at the next start; none by default. */
  readonly numbers?: readonly [from: number, to: number];
}

export class ReplayProject extends HubProject {
  constructor() {
    super({ 'consumer.ts': consumer, 'source.ts': source });
  }

  configure({ consumers, retain = { bytes: 1 << 30 }, numbers = [0, 0] }: ReplayConfig): void {
    const all = Object.entries(consumers).map(([name, settings]) => [name, { module: './consumer.ts', ...settings }]);
    this.write({
      'hub.config.ts': `
import { defineConfig } from '@penstock/hub';
import { numbers } from './source.js';
export default defineConfig({
  http: false,
  segmentBytes: 65536,
  retain: ${JSON.stringify(retain)},
  sources: [numbers(${numbers.join()})],
  consumers: ${JSON.stringify(Object.fromEntries(all))},
});`,
    });
  }

  /** Starts the hub and waits until every consumer has settled all it was given, and was given something. */
  async runThrough(enqueued: number): Promise<Child> {
    const hub = await this.run();
    await this.statusWhen(({ consumers }) => consumers.every((each) => each.enqueuedTotal >= enqueued));
    await this.settled();
    return hub;
  }

  async settled(): Promise<void> {
    await this.statusWhen(({ consumers }) => consumers.every(({ backlog }) => backlog === 0));
  }

  /** Runs `hub replay` to its end. What it prints of its progress, if it takes that long, is left out. */
  async replay(...args: string[]): Promise<{ code: number | null; lines: readonly string[] }> {
    const child = this.hub(['replay', ...args]);
    const { code } = await child.ended;
    return { code, lines: child.lines.filter((line) => !PROGRESS.test(line)) };
  }

  /** What `hub replay … --json` prints. */
  async replayJson(...args: string[]): Promise<unknown> {
    const child = this.hub(['replay', ...args, '--json']);
    await child.ended;
    return child.json();
  }

  /** What a consumer got, in order. */
  got(name: string): Got[] {
    return readNotes<Got>(this.path(`${name}.log`));
  }

  hold(): void {
    this.write({ hold: '' });
  }

  release(): void {
    rmSync(this.path('hold'));
  }
}

/** Stops a hub in order. */
export async function stop(hub: Child): Promise<void> {
  hub.kill('SIGTERM');
  expect(await hub.ended, hub.output).toEqual({ code: 0, signal: null });
}
