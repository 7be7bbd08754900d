// Why a hub is not ready to take messages and work on them: what `/readyz` and `hub status` show, a line for each reason.
import type { LifecycleState } from '../lifecycle.js';
import type { ConsumerSnapshot } from './snapshot.js';

export interface ReadinessFacts {
  readonly state: LifecycleState;
  /** What keeps the hub from taking anything. */
  readonly failure: Error | undefined;
  readonly consumers: readonly ConsumerSnapshot[];
}

/** Empty when the hub is ready. */
export function notReady({ state: hub, failure, consumers }: ReadinessFacts): string[] {
  if (hub === 'stopped') return ['the hub is not started'];
  const reasons = hub === 'running' ? [] : [`the hub is ${hub}`];
  if (failure !== undefined) reasons.push(failure.message);
  for (const { consumer, state, problem } of consumers) {
    if (state === 'failed' || state === 'stopped')
      reasons.push(`consumer "${consumer}" is ${state}: ${problem ?? state}`);
    if (state === 'starting' && hub === 'running') reasons.push(`consumer "${consumer}" is starting`);
  }
  return reasons;
}
