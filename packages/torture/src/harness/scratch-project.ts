// A scratch directory with a project in it, as a user would have one: a config, and beside the hub's data what producers and
// consumers note. Its consumers are those of ../consumers, which one fault or another combines.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HubConfig } from '@penstock/hub';
import type { ZeromqOptions } from '@penstock/zeromq';
import type { NotingOptions } from '../consumers/noting-consumer.js';

type ConsumerConfig = NonNullable<HubConfig['consumers']>[string];

/** A consumer of the config, without what the project itself gives it. */
export interface ScratchConsumer extends Omit<ConsumerConfig, 'module' | 'options'> {
  /** Name of a module in ../consumers. */
  readonly module: 'taking' | 'batching' | 'failing' | 'retrying-later' | 'troubled' | 'hanging';
  /** How long it sleeps, blocks, or waits for a retry, in milliseconds. */
  readonly sleepMs?: number;
}

export type ScratchConsumers = Readonly<Record<string, ScratchConsumer>>;

/** Consumers for the oracle to judge: one for each way in which messages are delivered. */
export const JUDGED = {
  slow: { module: 'taking', sleepMs: 20 },
  strict: { module: 'taking', order: 'strict' },
  keyed: { module: 'taking', order: 'key', orderKey: { header: 'key' }, threads: 2 },
  batched: { module: 'batching' },
  failing: { module: 'failing' },
  isolated: { module: 'taking', order: 'strict', isolation: 'process' },
} as const satisfies ScratchConsumers;

/** What producers publish to, and all consumers are there for that name no other topics. */
export const LOAD_TOPIC = 'torture.load';

/** How long a hub of a scratch project lets deliveries finish when it stops, in milliseconds. */
export const DRAIN_TIMEOUT_MS = 500;

/** Small, so that segments begin, go and are written over under the load as well. */
const SEGMENT_BYTES = 262_144;

/** What a project is made with. */
export interface ScratchSettings {
  readonly consumers: ScratchConsumers;
  /** Sockets of its ZeroMQ source beside the ROUTER that producers use. */
  readonly sockets?: Pick<ZeromqOptions, 'pull' | 'subscribe'>;
  /** Further options of the hub. */
  readonly hub?: HubConfig;
}

export class ScratchProject {
  readonly folder: string;
  /** Path of the config file. */
  readonly config: string;
  readonly dataDir: string;
  /** Path of the file that accepted messages are noted in. */
  readonly accepted: string;
  /** Endpoint of the hub's ROUTER socket: a path, which nobody else can take while the hub is away. */
  readonly router: string;
  /** Path of the file that tells consumers to sleep no more. */
  readonly #hurry: string;
  #settings: ScratchSettings;

  /** @param folder Made where there is none; what a run before has left in it must be gone. */
  constructor(folder: string, settings: ScratchSettings) {
    this.folder = folder;
    this.config = join(folder, 'hub.config.json');
    this.dataDir = join(folder, 'data');
    this.accepted = join(folder, 'notes', 'accepted');
    this.router = `ipc://${join(folder, 'router')}`;
    this.#hurry = join(folder, 'hurry');
    this.#settings = settings;
    mkdirSync(join(folder, 'notes'), { recursive: true });
    this.configure(settings);
  }

  /** Writes the config; the hub's next start heeds it. */
  configure(settings: ScratchSettings): void {
    const { consumers, sockets, hub } = settings;
    this.#settings = settings;
    const config = {
      dataDir: 'data',
      http: false,
      log: { level: 'warn' },
      drainTimeoutMs: DRAIN_TIMEOUT_MS,
      segmentBytes: SEGMENT_BYTES,
      ...hub,
      sources: [
        { module: fileURLToPath(import.meta.resolve('@penstock/zeromq')), router: [{ bind: this.router }], ...sockets },
      ],
      consumers: Object.fromEntries(Object.entries(consumers).map(([name, each]) => [name, this.#entry(name, each)])),
    };
    writeFileSync(this.config, `${JSON.stringify(config, undefined, 2)}\n`);
  }

  /** Names and order of the consumers for the oracle to judge: those that get what producers publish. */
  get judged(): { readonly consumer: string; readonly order: 'none' | 'key' | 'strict' }[] {
    return Object.entries(this.#settings.consumers)
      .filter(([, { topics }]) => topics === undefined || topics.includes(LOAD_TOPIC))
      .map(([consumer, { order = 'none' }]) => ({ consumer, order }));
  }

  /** Path of the file that a consumer notes its deliveries in. */
  notesOf(consumer: string): string {
    return join(this.folder, 'notes', consumer);
  }

  /** Has consumers sleep as they are to, or take whatever waits at once. */
  set hurry(hurry: boolean) {
    if (hurry) writeFileSync(this.#hurry, '');
    else rmSync(this.#hurry, { force: true });
  }

  #entry(name: string, { module, sleepMs, ...settings }: ScratchConsumer): ConsumerConfig {
    const options: NotingOptions = {
      notes: this.notesOf(name),
      hurry: this.#hurry,
      ...(sleepMs === undefined ? {} : { sleepMs }),
    };
    return { ...settings, module: fileURLToPath(new URL(`../consumers/${module}.js`, import.meta.url)), options };
  }
}
