// A project whose messages say by themselves what is to become of them, for tests of dead letters: they come at the start of
// the hub, and what its consumers acknowledged is in files.
import { readFileSync } from 'node:fs';
import { HubProject } from './hub-project.js';

/** What `hub dlq ls --json` and `hub dlq show --json` have of a letter. */
export interface LetterJson {
  readonly id: number;
  readonly reason: { readonly kind: string; readonly text: string };
  readonly error: {
    readonly name: string;
    readonly message: string;
    readonly stack: string;
    readonly code?: string;
  } | null;
  readonly attempts: number;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly message: { readonly id: string; readonly topic: string; readonly headers: object; readonly body: string };
}

/** Says by its body what is to become of a message; once there is a file `mended`, all goes well. */
const consumer = `
import { appendFileSync, existsSync } from 'node:fs';
import { Consumer, DeadLetter, type DeliveryContext, type Message } from '@penstock/hub';
export default class extends Consumer {
  static override topics = ['test.>'];
  static override retry = { maxAttempts: 3, backoff: { initialMs: 1, maxMs: 2 } };
  consume(message: Message, context: DeliveryContext) {
    const text = message.text();
    if (context.consumer === 'picky' && !existsSync('mended')) {
      if (text.startsWith('dead')) {
        throw new DeadLetter('nobody knows ' + text, { cause: Object.assign(new TypeError('no such key'), { code: 'E_KEY' }) });
      }
      if (text.startsWith('fail')) throw new Error('the database is gone');
    }
    appendFileSync(context.consumer + '.txt', message.id + '\\n');
  }
}`;

const source = `
import type { SourceDefinition } from '@penstock/hub';
export const texts = (bodies: readonly string[]): SourceDefinition => ({
  type: 'test',
  description: 'texts',
  create: (context) => ({
    async start() {
      for (const [n, body] of bodies.entries()) context.accept('test.text', body, { id: 'm' + n, kind: 'test' });
    },
    async stop() {},
  }),
});`;

export class DlqProject extends HubProject {
  constructor() {
    super({ 'consumer.ts': consumer, 'source.ts': source });
  }

  /** Writes the config: these consumers, and messages that come at the start. */
  configure(bodies: readonly string[], consumers: readonly string[] = ['picky', 'plain']): void {
    const all = Object.fromEntries(consumers.map((name) => [name, { module: './consumer.ts' }]));
    this.write({
      'hub.config.ts': `
import { defineConfig } from '@penstock/hub';
import { texts } from './source.js';
export default defineConfig({
  http: { port: 0 },
  segmentBytes: 65536,
  sources: [texts(${JSON.stringify(bodies)})],
  consumers: ${JSON.stringify(all)},
});`,
    });
  }

  /** Runs `hub dlq …` to its end. */
  async dlq(...args: string[]): Promise<{ code: number | null; lines: readonly string[] }> {
    const child = this.hub(['dlq', ...args]);
    const { code } = await child.ended;
    return { code, lines: child.lines };
  }

  /** What `hub dlq ls --json` and `show --json` print. */
  async letters(...args: string[]): Promise<LetterJson[]> {
    const { lines } = await this.dlq(...args, '--json');
    return lines.map((line) => JSON.parse(line) as LetterJson);
  }

  /** Waits until so many dead letters are kept, and nothing waits any more. */
  async whenKept(count: number): Promise<void> {
    await this.statusWhen(({ consumers }) => {
      const picky = consumers.find(({ consumer }) => consumer === 'picky');
      return picky?.backlog === 0 && picky.deadLetters === count;
    });
  }

  mend(): void {
    this.write({ mended: '' });
  }

  /** Ids of the messages that a consumer acknowledged, in order. */
  got(name: string): string[] {
    try {
      return readFileSync(this.path(`${name}.txt`), 'utf8')
        .trim()
        .split('\n');
    } catch {
      return [];
    }
  }
}
