// Wires the parts into one hub: sources, enqueuer, journal, queues, threads, telemetry and admin.
import { resolve } from 'node:path';
import { HttpServer } from './admin/http-server.js';
import { type HubConfig, parseConfig, type ResolvedConfig } from './config.js';
import { ConsumerControl } from './consumer-control.js';
import { type ConsumerSpec, specifyConsumers } from './consumer-specs.js';
import { consumerWarnings } from './consumer-warnings.js';
import { DataDirectory } from './data-directory.js';
import { DeadLetterAdmin } from './dead-letter-admin.js';
import { PenstockError, toErrorData } from './errors.js';
import type { HubEvents } from './events.js';
import { EphemeralDirectory } from './files/ephemeral-directory.js';
import { NodeFiles } from './files/node-files.js';
import { createHubControl } from './hub-control.js';
import { HubEmitter } from './hub-emitter.js';
import type { HubEnvironment } from './hub-environment.js';
import { HubOperations } from './hub-operations.js';
import type { Body, Headers } from './message.js';
import { NO_DISK, NO_JOURNAL, Pipeline } from './pipeline.js';
import { QueueAdmin } from './queue-admin.js';
import { Replays } from './replay.js';
import { nameSources, SourceHost } from './source/source-host.js';
import { componentLog, createLog, type HubLog } from './telemetry/log.js';
import { createMetrics } from './telemetry/metrics.js';
import { notReady } from './telemetry/readiness.js';
import type { HubSnapshot } from './telemetry/snapshot.js';
import { SuspectTurns } from './thread/suspect-turns.js';
import { Watchdog } from './thread/watchdog.js';
import { VERSION } from './version.js';

/** How often rates and peaks are sampled. */
const SAMPLE_EVERY_MS = 1_000;

/** A hub in this process. Made by `createHub()`. */
export class Hub extends HubOperations {
  readonly #config: ResolvedConfig;
  readonly #environment: HubEnvironment;
  readonly #log: HubLog;
  readonly #events: HubEmitter;
  /** What to close at stop, last opened first. */
  readonly #opened: (() => Promise<void> | void)[] = [];
  #pipeline: Pipeline | undefined;
  #sources: readonly SourceHost[] = [];
  #http: HttpServer | undefined;
  #failure: PenstockError | undefined;
  #startedAt: number | undefined;

  private constructor(config: ResolvedConfig, environment: HubEnvironment) {
    super();
    this.#config = config;
    this.#environment = environment;
    this.#log = createLog({ level: config.log.level, format: config.log.format });
    this.#events = new HubEmitter(this.#log);
  }

  /** @throws CONFIG_INVALID */
  static async create(config: HubConfig, environment: HubEnvironment = {}): Promise<Hub> {
    const where = environment.where ?? 'config';
    const resolved = parseConfig(config, where);
    const known = Object.keys(resolved.consumers);
    const unknown = environment.only?.filter((name) => !known.includes(name)) ?? [];
    if (unknown.length > 0) {
      throw new PenstockError(
        'CONFIG_INVALID',
        `only: there is no consumer ${unknown.map((name) => `"${name}"`).join(', ')} in ${where}; there are: ${known.join(', ')}`,
      );
    }
    return new Hub(resolved, environment);
  }

  /** Where /metrics is served while the hub runs, such as `http://127.0.0.1:9464`; undefined without http. */
  get httpUrl(): string | undefined {
    return this.#http?.url;
  }

  /** Whether a thread could not be ended at the last stop: it is inside a call that only the process's end ends. */
  get stuck(): boolean {
    return this.#pipeline?.queues.some(({ runner }) => runner?.stuck) ?? false;
  }

  /** Calls a listener at each such event from now on. What it throws is logged, and harms nobody else. */
  on<Name extends keyof HubEvents>(name: Name, listener: HubEvents[Name]): this {
    this.#events.on(name, listener);
    return this;
  }

  /** Takes a listener away again. */
  off<Name extends keyof HubEvents>(name: Name, listener: HubEvents[Name]): this {
    this.#events.off(name, listener);
    return this;
  }

  /**
   * Publishes one message. It is in the queue of every matching consumer, durably, when the promise resolves; all
   * that is published in one go shares one promise.
   *
   * @param topic Where to.
   * @param body Bytes, or text stored as UTF-8. Copied before the call returns.
   * @param headers Names to values; a header `id` gives the message's id.
   * @throws (rejects) TOPIC_INVALID, BODY_INVALID, HEADERS_INVALID, HEADERS_TOO_LARGE, MESSAGE_TOO_LARGE; UNCOMMITTED_LIMIT
   *   when maxUncommittedBytes wait for their commit; QUEUE_FULL when it would go into a queue at its maxBacklog with
   *   whenFull "block"; DISK_LIMIT when the data directory is full; HUB_NOT_RUNNING; JOURNAL_FAILED.
   */
  publish(topic: string, body: Body, headers?: Headers): Promise<void> {
    try {
      this.#take(topic, body, headers);
      return (this.#pipeline as Pipeline).enqueuer.committed();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** What the hub knows about itself at this moment. Reading resets nothing. */
  snapshot(): HubSnapshot {
    const pipeline = this.#pipeline;
    const disk = pipeline?.diskSnapshot() ?? NO_DISK;
    const consumers = (pipeline?.queues ?? [])
      .map((queue) => queue.snapshot(this.state))
      .filter((snapshot) => snapshot !== undefined);
    return {
      hubId: pipeline?.directory.hubId ?? '',
      pid: process.pid,
      version: VERSION,
      state: this.state,
      durable: !this.#config.ephemeral,
      dataDir: pipeline?.directory.path ?? resolve(this.#baseDir, this.#config.dataDir),
      startedAt: this.#startedAt,
      restartsTotal: this.#environment.supervisor?.restarts ?? 0,
      notReady: notReady({ state: this.state, failure: this.#failure, consumers, disk }),
      consumers,
      sources: this.#sources.map((source) => source.snapshot()),
      journal: pipeline?.journalSnapshot() ?? NO_JOURNAL,
      disk,
      quarantined: pipeline?.quarantined(),
    };
  }

  protected override async onStart(): Promise<void> {
    this.#failure = undefined;
    const specs = await specifyConsumers(this.#config.consumers, {
      baseDir: this.#baseDir,
      where: this.#environment.where ?? 'config',
      compileModule: this.#environment.compileModule,
    });
    for (const warning of consumerWarnings(specs)) this.#log.warn(warning);
    const directory = this.#openDirectory();
    await directory.upgrade((text) => this.#log.info(text));
    const pipeline = await this.#openPipeline(directory, specs);
    await this.#startAdmin(pipeline);
    await pipeline.backfill(() => this.stopAsked);
    // What a stop that was asked for meanwhile would only have to end again is not begun.
    if (!this.stopAsked) await this.#startThreads(pipeline);
    if (!this.stopAsked) await this.#startSources(pipeline);
    // A journal that failed meanwhile was not told of: that is what this start ends with.
    if (this.#failure !== undefined) throw this.#failure;
    this.#startedAt = Date.now();
    setImmediate(() => {
      if (this.state === 'running') this.#events.emit('hub:ready');
    });
  }

  protected override async onStop(): Promise<void> {
    const errors: unknown[] = [];
    for (const close of this.#opened.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    this.#startedAt = undefined;
    this.#events.emit('hub:stopped');
    if (errors.length > 0) throw errors[0];
  }

  /** Takes a message, or throws why not as things stand. */
  #take(topic: string, body: Body, headers: Headers | undefined): number {
    if (this.state === 'running' && this.#pipeline !== undefined) {
      return this.#pipeline.intake.publish(topic, body, headers);
    }
    throw new PenstockError('HUB_NOT_RUNNING', `publish("${topic}"): the hub is ${this.state}`);
  }

  get #baseDir(): string {
    return this.#environment.baseDir ?? process.cwd();
  }

  #openDirectory(): DataDirectory {
    const { ephemeral, dataDir } = this.#config;
    const temporary = ephemeral ? new EphemeralDirectory() : undefined;
    if (temporary !== undefined) this.#opened.push(() => temporary.remove());
    const path = temporary?.path ?? resolve(this.#baseDir, dataDir);
    const directory = DataDirectory.open(
      path,
      new NodeFiles({ durable: !ephemeral }),
      this.#environment.supervisor?.pid,
    );
    this.#opened.push(() => directory.unlock());
    return directory;
  }

  async #openPipeline(directory: DataDirectory, specs: readonly ConsumerSpec[]): Promise<Pipeline> {
    const options = { config: this.#config, directory, specs, only: this.#environment.only, log: this.#log };
    const pipeline = new Pipeline(options, {
      committed: (position) => this.#events.emit('journal:committed', { position }),
      cut: (report) => this.#events.emit('journal:cut', report),
      damaged: (damage) => this.#events.emit('data:damaged', damage),
      segmentRemoved: (segment, bytes) => this.#events.emit('journal:segment-removed', { segment, bytes }),
      failed: (error) => this.#journalFailed(error),
    });
    this.#pipeline = pipeline;
    this.#opened.push(() => pipeline.close());
    await pipeline.open();
    return pipeline;
  }

  #journalFailed(error: PenstockError): void {
    this.#failure = error;
    if (this.state !== 'running') return;
    this.#log.error(`${error.message}; nothing more is accepted`);
    this.#events.emit('journal:failed', { error: toErrorData(error) });
  }

  async #startAdmin(pipeline: Pipeline): Promise<void> {
    const snapshot = () => this.snapshot();
    const parts = { events: this.#events, log: this.#log, state: () => this.state };
    const queues = new QueueAdmin({ ...parts, pipeline });
    const consumers = new ConsumerControl({ ...parts, queues: () => pipeline.queues });
    const deadLetters = new DeadLetterAdmin({ ...parts, pipeline, find: (name) => queues.find(name) });
    const replays = new Replays({ ...parts, pipeline });
    this.operators = { queues, consumers, deadLetters, replays };
    const control = createHubControl({
      pipeline,
      events: this.#events,
      log: componentLog(this.#log, 'control'),
      maxMessageBytes: this.#config.maxMessageBytes,
      snapshot,
      operators: this.operators,
      append: (topic, body, headers) => this.#take(topic, body, headers),
    });
    this.#opened.push(() => control.stop());
    await control.start();
    const { http } = this.#config;
    if (http === false) return;
    const metrics = createMetrics(snapshot);
    this.#opened.push(() => metrics.dispose());
    // Once for nobody, while the hub is idle: the first scrape takes the main thread several times as long as later ones.
    await metrics.render();
    this.#http = new HttpServer({ ...http, metrics, snapshot, log: componentLog(this.#log, 'http') });
    this.#opened.push(() => this.#http?.stop());
    await this.#http.start();
  }

  async #startThreads({ queues, enqueuer }: Pipeline): Promise<void> {
    const sampler = setInterval(() => {
      for (const queue of queues) queue.sample();
    }, SAMPLE_EVERY_MS);
    this.#opened.push(() => clearInterval(sampler));
    const environment = { config: this.#config, enqueuer, events: this.#events, log: this.#log };
    const suspectTurns = new SuspectTurns();
    const watchdog = new Watchdog();
    const runners = queues.map((queue) => queue.createRunner({ ...environment, suspectTurns, watchdog }));
    this.#opened.push(async () => {
      await Promise.all(runners.map((runner) => runner?.stop()));
    });
    // A consumer whose open() hangs holds up no stop: that ends its threads, and with them its start.
    await Promise.race([Promise.all(runners.map((runner) => runner?.start())), this.stopAskedFor]);
    this.#opened.push(() => this.operators?.replays.stop());
    this.operators?.queues.warnOfLeftQueues();
    this.operators?.consumers.tellOfPaused();
    this.operators?.deadLetters.tellOfProblems();
  }

  async #startSources(pipeline: Pipeline): Promise<void> {
    this.#sources = nameSources(this.#config.sources).map(
      ({ name, definition }) => new SourceHost(name, definition, pipeline, componentLog(this.#log, name)),
    );
    for (const source of this.#sources) {
      this.#opened.push(async () => {
        await source.stop();
        this.#events.emit('source:stopped', { source: source.name });
      });
      await source.start();
      this.#events.emit('source:started', { source: source.name });
    }
  }
}
