// A snapshot as JSON, for programs: one line, and Infinity, which JSON does not have, as Prometheus writes it.
import type { HubSnapshot } from '@penstock/hub';

export function snapshotJson(snapshot: HubSnapshot): string {
  return JSON.stringify(snapshot, (_key, value) => (value === Number.POSITIVE_INFINITY ? '+Inf' : value));
}
