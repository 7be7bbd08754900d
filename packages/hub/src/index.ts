// The public face of @penstock/hub. Light to import: consumer modules import it in every thread, so the hub
// itself is loaded only by createHub().

export type { HubConfig } from './config.js';
export type { ConsumerContext, ConsumerSettings, DeliveryContext, Logger, StartFrom } from './consumer.js';
export { Consumer } from './consumer.js';
export type { ErrorCode } from './errors.js';
export { ERRORS, PenstockError } from './errors.js';
export type { HubEvents } from './events.js';
export type { Hub, HubEnvironment } from './hub.js';
export type { Body, Headers, Message } from './message.js';
export type { Source, SourceContext, SourceDefinition } from './source/source.js';
export type * from './telemetry/snapshot.js';

import type { HubConfig } from './config.js';
import type { Hub, HubEnvironment } from './hub.js';

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
