// Which running hub a command talks to: that of a data directory named on the command line, else that of the config.
import { resolve } from 'node:path';
import { ControlClient, parseConfig } from '@penstock/hub/control';
import { stopCompiler } from '../compile/compile.js';
import { loadConfig } from '../config/load-config.js';
import { UsageError } from '../failure.js';
import type { RunningHubOptions } from './options.js';

/**
 * A client for the hub that the options mean. Whether one answers shows at its first call.
 *
 * @throws What keeps the config from being read, unless the data directory is given; UsageError for an ephemeral hub.
 */
export async function runningHub(options: RunningHubOptions): Promise<ControlClient> {
  return ControlClient.forDataDir((await locateHub(options)).dataDir);
}

/** Where a hub is, or would be. */
export interface HubLocation {
  /** Absolute path. */
  readonly dataDir: string;
  /** Names of the config's consumers; undefined when the config was not read. */
  readonly consumers: readonly string[] | undefined;
}

/** The same without asking whether a hub runs there. */
export async function locateHub({ dataDir, config }: RunningHubOptions): Promise<HubLocation> {
  if (dataDir !== undefined) return { dataDir: resolve(dataDir), consumers: undefined };
  const file = await loadConfig(config).finally(stopCompiler);
  const options = await parseConfig(file.config, file.where);
  if (options.ephemeral) {
    throw new UsageError(
      `${file.where} makes an ephemeral hub, whose data directory is a new one each time; give the one that "hub run" printed with --data-dir`,
    );
  }
  return { dataDir: resolve(file.baseDir, options.dataDir), consumers: Object.keys(options.consumers) };
}
