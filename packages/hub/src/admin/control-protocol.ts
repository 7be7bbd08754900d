// What passes over the control socket: HTTP with JSON bodies. Both ends import this file.
import type { HubSnapshot } from '../telemetry/snapshot.js';

/** What the hub answers to. */
export const CONTROL_ROUTES = { status: '/status' } as const;

/** JSON knows no Infinity, which a catch-up time can be: it travels as `{ "$number": "Infinity" }`. */
const NUMBER_KEY = '$number';

export function encodeStatus(snapshot: HubSnapshot): string {
  return JSON.stringify(snapshot, (_key, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? { [NUMBER_KEY]: String(value) } : value,
  );
}

/** The counterpart of {@link encodeStatus}; fields that were undefined are left out. */
export function decodeStatus(json: string): HubSnapshot {
  return JSON.parse(json, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && NUMBER_KEY in value ? Number(value[NUMBER_KEY]) : value,
  ) as HubSnapshot;
}
