// `--only a,b`: which consumers of the config are to run.
import type { HubConfig } from '@penstock/hub';
import { UsageError } from '../failure.js';

/**
 * @param value What was written after `--only`; undefined for all.
 * @param where How messages name the config.
 * @returns Names that are all in the config; undefined for all.
 * @throws UsageError naming what is unknown and what is known.
 */
export function onlyNames(value: string | undefined, config: HubConfig, where: string): string[] | undefined {
  if (value === undefined) return undefined;
  const known = Object.keys(config.consumers ?? {});
  const names = value.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return names;
  const listed = unknown.map((name) => JSON.stringify(name)).join(', ');
  const there = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
  throw new UsageError(`--only: ${where} has no consumer ${listed}; ${there}`);
}
