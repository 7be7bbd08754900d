// A project whose messages say themselves what is to become of them (test/fixtures/scripted.mjs), published with the
// real command, and what its consumers wrote down outside the hub.
import type { HubConfig } from '@penstock/hub';
import { expect } from 'vitest';
import type { Child } from './child.js';
import { readNotes } from './deliveries.js';
import { HubProject, type StatusJson } from './hub-project.js';
import { type QueueCount, recount } from './naive-recount.js';
import { fixture } from './test-hub.js';

/** What becomes of a message: one word for each attempt; see the fixture. */
export type Script = readonly string[];

/** What a consumer wrote down when a delivery began, or ended. */
export interface ScriptedNote {
  readonly event: 'begin' | 'end';
  readonly n: number;
  readonly word: string;
  readonly id: string;
  readonly attempt: number;
  readonly key?: string;
  readonly pid: number;
  readonly threadIndex: number;
  /** By a clock of the machine that goes on over restarts. */
  readonly atMs: number;
}

/** Settings of each consumer by its name, over those of the fixture. */
type Consumers = Readonly<Record<string, Partial<NonNullable<HubConfig['consumers']>[string]>>>;

type ConsumerStatus = StatusJson['consumers'][number];

export class ScriptedProject extends HubProject {
  #published = 0;

  constructor(consumers: Consumers, config: HubConfig = {}) {
    super({});
    this.configure(consumers, config);
  }

  /** Writes the config, for the next start. */
  configure(consumers: Consumers, config: HubConfig = {}): void {
    const all = Object.entries(consumers).map(([name, settings]) => [
      name,
      { module: fixture('scripted'), options: { log: `./${name}.log` }, ...settings },
    ]);
    this.write({
      'hub.config.json': JSON.stringify({ http: { port: 0 }, ...config, consumers: Object.fromEntries(all) }),
    });
  }

  /** Publishes a message for each script with `hub publish`; their numbers go on from those before. */
  async publish(scripts: readonly Script[], topic = 'test.a', headers: Readonly<Record<string, string>> = {}) {
    const given = Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}=${value}`]);
    const child = this.hub(['publish', topic, '-', '--lines', ...given]);
    const lines = scripts.map((script) => `${JSON.stringify({ n: this.#published++, do: script })}\n`);
    child.process.stdin?.end(lines.join(''));
    expect(await child.ended, child.output).toEqual({ code: 0, signal: null });
  }

  notes(consumer = 'a'): ScriptedNote[] {
    return readNotes<ScriptedNote>(this.path(`${consumer}.log`));
  }

  /** Deliveries that began, as `number/attempt`, in order. */
  begun(consumer = 'a'): string[] {
    return this.notes(consumer)
      .filter(({ event }) => event === 'begin')
      .map(({ n, attempt }) => `${n}/${attempt}`);
  }

  /** Deliveries that came to their end, as `number/attempt word`. */
  ended(consumer = 'a'): string[] {
    return this.notes(consumer)
      .filter(({ event }) => event === 'end')
      .map(({ n, attempt, word }) => `${n}/${attempt} ${word}`);
  }

  /** Waits until a consumer's status is as the test wants it. */
  async when(holds: (consumer: ConsumerStatus) => boolean, name = 'a'): Promise<ConsumerStatus> {
    const of = ({ consumers }: StatusJson) => consumers.find(({ consumer }) => consumer === name) as ConsumerStatus;
    return of(await this.statusWhen((status) => holds(of(status))));
  }

  /** What the files say of a consumer's queue while no hub runs. */
  recount(consumer = 'a'): QueueCount | undefined {
    return recount(this.path('data')).get(consumer);
  }
}

/** Stops a hub in order. */
export async function stop(hub: Child): Promise<void> {
  hub.kill('SIGTERM');
  expect(await hub.ended, hub.output).toEqual({ code: 0, signal: null });
}

/** Kills it where it is. */
export async function kill(hub: Child): Promise<void> {
  hub.kill('SIGKILL');
  await hub.ended;
}
