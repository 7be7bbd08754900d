// `hub check`: what a hub of a config file would be, or why there would be none.
import { checkConfig } from '@penstock/hub';
import type { ConfigOptions } from '../command/options.js';
import { compileModule, stopCompiler } from '../compile/compile.js';
import { loadConfig } from '../config/load-config.js';
import { withProgress } from '../progress/progress.js';
import { lookOf } from '../table/look.js';
import { renderTopology } from './render-topology.js';

export interface CheckOptions extends ConfigOptions {
  readonly json?: boolean;
}

/** @throws What keeps a hub of the config from starting. */
export async function check({ config: named, json = false }: CheckOptions): Promise<void> {
  const { where, topology } = await withProgress('loading the config and its consumers', async () => {
    const { config, baseDir, where } = await loadConfig(named);
    return { where, topology: await checkConfig(config, { baseDir, where, compileModule }) };
  }).finally(stopCompiler);
  const text = json ? JSON.stringify({ config: where, ...topology }) : renderTopology(topology, where, lookOf());
  process.stdout.write(`${text}\n`);
}
