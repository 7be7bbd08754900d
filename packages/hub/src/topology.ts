// What a config makes of a hub, without making one: its sources, its consumers with what their classes say, and what
// whoever runs it should know. Nothing is opened, made or locked, so it can be asked while a hub runs.
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type HubConfig, parseConfig, type ResolvedConfig } from './config.js';
import type { ConsumerSettings } from './consumer.js';
import { CONSUMER_DEFAULTS, consumerSettingsShape } from './consumer-settings.js';
import { type ConsumerSpec, specifyConsumers } from './consumer-specs.js';
import { consumerWarnings } from './consumer-warnings.js';
import { PenstockError } from './errors.js';
import { NodeFiles } from './files/node-files.js';
import type { HubEnvironment } from './hub-environment.js';
import { QueueRegistry } from './queue/registry.js';
import { nameSources } from './source/source-host.js';

/** What a hub of some config would be. */
export interface Topology {
  /** Absolute path; undefined for an ephemeral hub, which has a new one at each start. */
  readonly dataDir: string | undefined;
  /** False for an ephemeral hub. */
  readonly durable: boolean;
  /** Where /metrics is to be served; false for nowhere. */
  readonly http:
    | {
        /** Host name or address. */
        readonly host: string;
        /** 0 for a free one. */
        readonly port: number;
      }
    | false;
  /** In the order of the config. */
  readonly sources: readonly TopologySource[];
  /** In the order of the config. */
  readonly consumers: readonly TopologyConsumer[];
  /** What is allowed and may surprise, a sentence each. */
  readonly warnings: readonly string[];
}

/** A source that a hub would have. */
export interface TopologySource {
  /** Its name in metrics and logs. */
  readonly source: string;
  /** The kind of bus, such as `zeromq`. */
  readonly type: string;
  /** One line for people: what it listens to. */
  readonly description: string;
}

/** A consumer that a hub would have, with its class's settings and the config's. */
export interface TopologyConsumer extends Omit<ConsumerSettings, 'options'> {
  /** Its name. */
  readonly consumer: string;
  /** As the config names it. */
  readonly module: string;
  /** Name of its class; empty for one without a name. */
  readonly className: string;
  /** Whether its class has `consumeBatch`. */
  readonly batch: boolean;
  /** Which of its settings are not as they are by default. */
  readonly changed: readonly (keyof ConsumerSettings)[];
}

/**
 * Loads a config's consumers and tells what a hub of it would be. Of the data directory, only which queues are in it is
 * read.
 *
 * @param config The options; see docs/configuration.md.
 * @param environment As for `createHub()`; `only` makes no difference.
 * @throws What keeps a hub of this config from starting, with the same message: CONFIG_INVALID, TOPIC_PATTERN_INVALID,
 *   CONSUMER_LOAD_FAILED, DATA_DIR_UNUSABLE, DATA_FORMAT_UNSUPPORTED, DATA_DAMAGED.
 */
export async function describeTopology(config: HubConfig, environment: HubEnvironment = {}): Promise<Topology> {
  const { baseDir = process.cwd(), where = 'config', compileModule } = environment;
  const resolved = parseConfig(config, where);
  const specs = await specifyConsumers(resolved.consumers, { baseDir, where, compileModule });
  const dataDir = resolved.ephemeral ? undefined : resolve(baseDir, resolved.dataDir);
  return {
    dataDir,
    durable: !resolved.ephemeral,
    http: resolved.http,
    sources: nameSources(resolved.sources).map(({ name, definition: { type, description } }) => ({
      source: name,
      type,
      description,
    })),
    consumers: specs.map((spec) => describeConsumer(spec, resolved)),
    warnings: [
      ...warningsOf(resolved, specs),
      ...(dataDir === undefined ? [] : queuesWithoutConsumer(dataDir, specs).map(unusedQueue)),
    ],
  };
}

function describeConsumer(spec: ConsumerSpec, config: ResolvedConfig): TopologyConsumer {
  const { name, moduleUrl: _, options: __, ...settings } = spec;
  const module = config.consumers[name]?.module ?? '';
  return { consumer: name, module, ...settings, changed: changedSettings(settings) };
}

/** Without the topics, which have no default, and the options, which are the consumer's own. */
function changedSettings(settings: Omit<ConsumerSettings, 'options'>): (keyof ConsumerSettings)[] {
  const defaults: Partial<ConsumerSettings> = { ...CONSUMER_DEFAULTS, retry: consumerSettingsShape.retry.parse({}) };
  const names = Object.keys(consumerSettingsShape) as (keyof typeof consumerSettingsShape)[];
  return names.filter(
    (name) =>
      name !== 'topics' &&
      name !== 'options' &&
      settings[name] !== undefined &&
      !isDeepStrictEqual(settings[name], defaults[name]),
  );
}

function warningsOf(config: ResolvedConfig, specs: readonly ConsumerSpec[]): string[] {
  const all: readonly (readonly [holds: boolean, text: string])[] = [
    [config.ephemeral, 'the hub is ephemeral: what is queued is gone when it ends'],
    [config.sources.length === 0, 'there is no source: messages come from publish() and "hub publish" alone'],
    [specs.length === 0, 'there is no consumer: messages are taken and nobody gets them'],
  ];
  return [...all.filter(([holds]) => holds).map(([, text]) => text), ...consumerWarnings(specs)];
}

/** The queues in a data directory that belong to none of the consumers, by name. */
function queuesWithoutConsumer(dataDir: string, specs: readonly ConsumerSpec[]): string[] {
  try {
    const queues = new QueueRegistry(new NodeFiles({ durable: true }), dataDir).list();
    return queues.map(({ name }) => name).filter((queue) => !specs.some(({ name }) => name === queue));
  } catch (cause) {
    if (cause instanceof PenstockError) throw cause;
    throw new PenstockError(
      'DATA_DIR_UNUSABLE',
      `the data directory ${dataDir} cannot be read: ${(cause as Error).message}; change its permissions`,
      { cause },
    );
  }
}

const unusedQueue = (name: string): string =>
  `queue "${name}" has no consumer in the config: it is kept and fills no further; "hub queue rm ${name}" removes it`;
