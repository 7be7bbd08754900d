// `hub status`: asks the running hub over its socket and shows what it says.
import type { HubSnapshot } from '@penstock/hub';
import { interruption } from '../command/interruption.js';
import type { RunningHubOptions } from '../command/options.js';
import { runningHub } from '../command/running-hub.js';
import { isPenstockError } from '../failure.js';
import { lookOf } from '../table/look.js';
import { renderStatus } from './render-status.js';
import { snapshotJson } from './snapshot-json.js';
import { append, redraw } from './watch.js';

export interface StatusCommandOptions extends RunningHubOptions {
  readonly json?: boolean;
  /** Seconds between two looks; undefined to look once. */
  readonly watch?: number;
}

/** @throws HUB_UNREACHABLE; what keeps the config from being read, unless the data directory is given. */
export async function status(options: StatusCommandOptions): Promise<void> {
  const client = await runningHub(options);
  const onTerminal = process.stdout.isTTY && options.json !== true;
  const { colours, width } = lookOf();
  const style = { colour: colours.isColorSupported, width };
  const show = (snapshot: HubSnapshot) =>
    options.json === true ? snapshotJson(snapshot) : renderStatus(snapshot, style);
  if (options.watch === undefined) {
    process.stdout.write(`${show(await client.status())}\n`);
    return;
  }
  // Ctrl-C is how watching ends, as is a reader who has seen enough; neither is an error.
  const watching = { intervalMs: options.watch * 1000, screen: process.stdout, signal: interruption() };
  if (!onTerminal) {
    const blockEnd = options.json === true ? '' : '\n';
    await append(async () => show(await client.status()) + blockEnd, watching);
    return;
  }
  // The first look is outside, so that a hub that is not there is an error and not a screen.
  show(await client.status());
  await redraw(() => client.status().then(show, unreachableText), watching);
}

/** A hub that is away for a restart comes back: somebody who watches wants to see it. */
function unreachableText(error: unknown): string {
  if (isPenstockError(error) && error.code === 'HUB_UNREACHABLE') return error.message;
  throw error;
}
