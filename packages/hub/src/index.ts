/**
 * The public face of @penstock/hub. Light to import: consumer modules import it in every thread, so the hub
 * itself is loaded only by createHub().
 *
 * @module @penstock/hub
 */

export type { PausedConsumer, ResumedConsumer } from './admin/consumer-routes.js';
export type { RemovedQueue } from './admin/queues/standing.js';
export type { ReplayPlace, ReplayProgress, ReplayRange, ReplayReport } from './admin/replay-routes.js';
export type { HubConfig } from './config.js';
export type {
  Backoff,
  ConsumerSettings,
  MaxBacklog,
  Order,
  OrderKey,
  RateLimit,
  RetryPolicy,
  StartFrom,
  WhenFull,
} from './consumer.js';
export { BatchConsumer, Consumer } from './consumer.js';
export type { BatchContext, ConsumerContext, DeliveryContext, Logger } from './consumer-context.js';
export type { ErrorCode } from './errors.js';
export { ERRORS, PenstockError } from './errors.js';
export type { HubEvents } from './events.js';
export type { Damage, DamageKind, LostEntries } from './files/damage.js';
export type { Hub } from './hub.js';
export type { HubEnvironment } from './hub-environment.js';
export type { Body, Headers, Message } from './message.js';
export { DeadLetter, Drop, Halt, RetryAfter } from './outcomes.js';
export type { ReplayOptions } from './replay.js';
export type { Source, SourceContext, SourceDefinition } from './source/source.js';
export type * from './telemetry/snapshot.js';
export type { Topology, TopologyConsumer, TopologySource } from './topology.js';

import type { HubConfig } from './config.js';
import type { Hub } from './hub.js';
import type { HubEnvironment } from './hub-environment.js';
import type { Topology } from './topology.js';

/** Gives a config file its types; returns what it is given. */
export function defineConfig(config: HubConfig): HubConfig {
  return config;
}

/**
 * Makes a hub in this process. It opens nothing until `start()`.
 *
 * @param config The options; see docs/configuration.md.
 * @param environment Where relative paths start, and what the CLI adds.
 * @throws CONFIG_INVALID with one line for each problem.
 */
export async function createHub(config: HubConfig, environment?: HubEnvironment): Promise<Hub> {
  const { Hub } = await import('./hub.js');
  return Hub.create(config, environment);
}

/**
 * Loads a config's consumers and tells what a hub of it would be, without making one: nothing is opened, made or
 * locked, and of the data directory only which queues are in it is read. `hub check` prints what it returns.
 *
 * @param config The options; see docs/configuration.md.
 * @param environment As for `createHub()`; `only` makes no difference.
 * @throws What keeps a hub of this config from starting, with the same message: CONFIG_INVALID, TOPIC_PATTERN_INVALID,
 *   CONSUMER_LOAD_FAILED, DATA_DIR_UNUSABLE, DATA_FORMAT_UNSUPPORTED, DATA_DAMAGED.
 */
export async function checkConfig(config: HubConfig, environment?: HubEnvironment): Promise<Topology> {
  const { describeTopology } = await import('./topology.js');
  return describeTopology(config, environment);
}
