// A project whose hub takes a known set of messages at its start, for tests of `hub queue`: which consumers it has can be
// changed from start to start, and what they got is in a file.
import { existsSync, readFileSync } from 'node:fs';
import { HubProject } from './hub-project.js';

/** What `hub queue ls --json` has of a queue. */
export interface QueueJson {
  readonly number: number;
  readonly name: string;
  readonly state: string;
  readonly added: string;
  readonly topics: readonly string[];
  readonly backlog: number;
  readonly backlogBytes: number;
  readonly diskBytes: number;
}

const consumer = `
import { appendFileSync } from 'node:fs';
import { Consumer, type Message } from '@penstock/hub';
export default class extends Consumer<{ log: string }> {
  static override topics = ['test.>'];
  async consume(message: Message) { appendFileSync('got.txt', message.text() + '\\n'); }
}`;

const source = `
import type { SourceDefinition } from '@penstock/hub';
export const numbers = (from: number, to: number, bytes: number): SourceDefinition => ({
  type: 'test',
  description: 'numbers',
  create: (context) => ({
    async start() {
      for (let n = from; n < to; n++) context.accept('test.number', String(n).padEnd(bytes), { id: 'n' + n });
    },
    async stop() {},
  }),
});`;

export class QueueProject extends HubProject {
  constructor() {
    super({ 'consumer.ts': consumer, 'source.ts': source });
  }

  /**
   * Writes the config: these consumers, and messages whose bodies are the numbers from one up to another.
   *
   * @param bytes Length of each body.
   */
  configure(consumers: readonly string[], [from, to]: readonly [number, number] = [0, 0], bytes = 1): void {
    const all = Object.fromEntries(consumers.map((name) => [name, { module: './consumer.ts' }]));
    this.write({
      'hub.config.ts': `
import { defineConfig } from '@penstock/hub';
import { numbers } from './source.js';
export default defineConfig({
  http: { port: 0 },
  segmentBytes: 65536,
  sources: [numbers(${from}, ${to}, ${bytes})],
  consumers: ${JSON.stringify(all)},
});`,
    });
  }

  /** Runs `hub queue …` to its end. */
  async queue(...args: string[]): Promise<{ code: number | null; lines: readonly string[] }> {
    const child = this.hub(['queue', ...args]);
    const { code } = await child.ended;
    return { code, lines: child.lines };
  }

  /** The one JSON object that `hub queue … --json` prints. */
  async queueJson<Json>(...args: string[]): Promise<Json> {
    const child = this.hub(['queue', ...args, '--json']);
    await child.ended;
    return child.json<Json>();
  }

  async list(): Promise<readonly QueueJson[]> {
    return (await this.queueJson<{ queues: readonly QueueJson[] }>('ls')).queues;
  }

  /** Bodies that were delivered, in order. */
  get got(): string[] {
    const path = this.path('got.txt');
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  }
}
