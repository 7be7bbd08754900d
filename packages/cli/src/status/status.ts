// `hub status`: asks the running hub over its socket and shows what it says.
import { resolve } from 'node:path';
import type { HubSnapshot } from '@penstock/hub';
import { ControlClient, parseConfig } from '@penstock/hub/control';
import picocolors from 'picocolors';
import { stopCompiler } from '../compile/compile.js';
import { loadConfig } from '../config/load-config.js';
import { isPenstockError, UsageError } from '../failure.js';
import { renderStatus } from './render-status.js';
import { snapshotJson } from './snapshot-json.js';
import { append, redraw } from './watch.js';

export interface StatusCommandOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
  /** Seconds between two looks; undefined to look once. */
  readonly watch?: number;
}

/** @throws HUB_UNREACHABLE; what keeps the config from being read, unless the data directory is given. */
export async function status(options: StatusCommandOptions): Promise<void> {
  const client = ControlClient.forDataDir(await dataDirOf(options));
  const onTerminal = process.stdout.isTTY && options.json !== true;
  const show = (snapshot: HubSnapshot) =>
    options.json === true ? snapshotJson(snapshot) : table(snapshot, onTerminal);
  if (options.watch === undefined) {
    process.stdout.write(`${show(await client.status())}\n`);
    return;
  }
  const watching = { intervalMs: options.watch * 1000, screen: process.stdout, signal: interrupted() };
  if (!onTerminal) {
    const blockEnd = options.json === true ? '' : '\n';
    await append(async () => show(await client.status()) + blockEnd, watching);
    return;
  }
  // The first look is outside, so that a hub that is not there is an error and not a screen.
  show(await client.status());
  await redraw(() => client.status().then(show, unreachableText), watching);
}

async function dataDirOf({ dataDir, config }: StatusCommandOptions): Promise<string> {
  if (dataDir !== undefined) return resolve(dataDir);
  const file = await loadConfig(config).finally(stopCompiler);
  const options = await parseConfig(file.config, file.where);
  if (options.ephemeral) {
    throw new UsageError(
      `${file.where} makes an ephemeral hub, whose data directory is a new one each time; give the one that "hub run" printed with --data-dir`,
    );
  }
  return resolve(file.baseDir, options.dataDir);
}

function table(snapshot: HubSnapshot, onTerminal: boolean): string {
  if (!onTerminal) return renderStatus(snapshot);
  return renderStatus(snapshot, { colour: picocolors.isColorSupported, width: process.stdout.columns });
}

/** A hub that is away for a restart comes back: somebody who watches wants to see it. */
function unreachableText(error: unknown): string {
  if (isPenstockError(error) && error.code === 'HUB_UNREACHABLE') return error.message;
  throw error;
}

/** Ctrl-C is how watching ends, as is a reader who has seen enough; neither is an error. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, abort);
  process.stdout.once('error', abort);
  return controller.signal;
}
