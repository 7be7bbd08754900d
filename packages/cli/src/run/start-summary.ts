// What a person wants to know of a hub that has just started, in a few lines.
import type { ConsumerSnapshot, HubSnapshot } from '@penstock/hub';
import type { SupervisedStart } from './supervisor/messages.js';

/**
 * @param snapshot The hub as it is now.
 * @param where How messages name the config file.
 * @param httpUrl Where metrics are served; undefined for nowhere.
 * @param supervised What its supervisor says of this start; undefined for a hub that runs by itself.
 */
export function startSummary(
  snapshot: HubSnapshot,
  where: string,
  httpUrl: string | undefined,
  supervised: SupervisedStart | undefined,
): string[] {
  const by = supervised === undefined ? '' : `, supervised by ${supervised.supervisorPid}`;
  const restarted = supervised?.why === undefined ? [] : [`restart    ${supervised.restarts}: ${supervised.why}`];
  const kind = snapshot.durable ? 'durable' : 'ephemeral, gone when the hub ends';
  const sources = snapshot.sources.map(({ source, description }) => `source     ${source}: ${description}`);
  return [
    `version    ${snapshot.version}, pid ${snapshot.pid}${by}`,
    ...restarted,
    `config     ${where}`,
    `data       ${snapshot.dataDir} (${kind})`,
    `metrics    ${httpUrl === undefined ? 'not served' : `${httpUrl}/metrics`}`,
    ...(sources.length === 0 ? ['source     none'] : sources),
    `consumers  ${snapshot.consumers.map(describe).join(', ') || 'none'}`,
  ];
}

function describe({ consumer, state, threads, paused }: ConsumerSnapshot): string {
  if (state === 'not-run') return `${consumer} (not run: left out by --only; its queue fills)`;
  if (state === 'removed') return `${consumer} (removed from the config; its queue is kept and fills no further)`;
  if (paused !== undefined) return `${consumer} (paused since ${paused.since}; its queue fills)`;
  const count = Object.values(threads).reduce((sum, each) => sum + each, 0);
  return count > 1 ? `${consumer} (${count} threads)` : consumer;
}
