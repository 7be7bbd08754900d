// Why a hub is not ready to take messages and work on them: what `/readyz` and `hub status` show, a line for each reason.
import type { LifecycleState } from '../lifecycle.js';
import type { ConsumerSnapshot, DiskSnapshot } from './snapshot.js';
import { stallText } from './stall-text.js';

export interface ReadinessFacts {
  readonly state: LifecycleState;
  /** What keeps the hub from taking anything. */
  readonly failure: Error | undefined;
  readonly consumers: readonly ConsumerSnapshot[];
  readonly disk: DiskSnapshot;
}

/** Empty when the hub is ready. */
export function notReady({ state: hub, failure, consumers, disk }: ReadinessFacts): string[] {
  if (hub === 'stopped') return ['the hub is not started'];
  const reasons = hub === 'running' ? [] : [`the hub is ${hub}`];
  if (failure !== undefined) reasons.push(failure.message);
  if (disk.full === 'limit')
    reasons.push(`nothing is taken: the data directory is at maxDiskBytes, ${disk.limitBytes} bytes`);
  if (disk.full === 'free-space') reasons.push('nothing is taken: the disk of the data directory is nearly full');
  for (const { consumer, state, problem, stalled } of consumers) {
    for (const thread of stalled) reasons.push(`consumer "${consumer}" is stalled: ${stallText(thread)}`);
    if (state === 'failed' || state === 'stopped')
      reasons.push(`consumer "${consumer}" is ${state}: ${problem ?? state}`);
    if (state === 'halted')
      reasons.push(`consumer "${consumer}" has halted: ${problem}; "hub resume ${consumer}" lets it go on`);
    if (state === 'starting' && hub === 'running') reasons.push(`consumer "${consumer}" is starting`);
  }
  return reasons;
}
