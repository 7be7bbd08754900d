// Wires the parts into one hub: sources, enqueuer, journal, queues, threads, telemetry and admin.
import type { HubConfig } from './config.js';
import type { HubEvents } from './events.js';
import { Service } from './lifecycle.js';
import type { Body, Headers } from './message.js';
import type { HubSnapshot } from './telemetry/snapshot.js';

/** What surrounds a config: where its paths start, and what the CLI adds. */
export interface HubEnvironment {
  /** Directory that relative paths of the config start from; the working directory by default. */
  readonly baseDir?: string;
  /** How messages name the config; `config` by default. */
  readonly where?: string;
  /** Names of the consumers to run; the others' queues fill and wait. All by default. */
  readonly only?: readonly string[];
  /** Turns the absolute path of a consumer's module into the URL of plain JavaScript; used for `.ts` files. */
  readonly compileModule?: (path: string) => Promise<string>;
}

export class Hub extends Service {
  static async create(_config: HubConfig, _environment?: HubEnvironment): Promise<Hub> {
    return new Hub();
  }
  /** Publishes one message; resolves when it is committed. */
  publish(_topic: string, _body: Body, _headers?: Headers): Promise<void> {
    throw new Error('later');
  }
  snapshot(): HubSnapshot {
    throw new Error('later');
  }
  /** Where /metrics is served while the hub runs, such as `http://127.0.0.1:9464`; undefined without http. */
  get httpUrl(): string | undefined {
    return undefined;
  }
  on<Name extends keyof HubEvents>(_name: Name, _listener: HubEvents[Name]): this {
    return this;
  }
  off<Name extends keyof HubEvents>(_name: Name, _listener: HubEvents[Name]): this {
    return this;
  }
  protected override async onStart(): Promise<void> {}
  protected override async onStop(): Promise<void> {}
}
