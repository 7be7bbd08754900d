// The hub's end of the channel to its supervisor: the heartbeat, what is told, and the end of this process when the
// supervisor is gone, so that another hub can have the data directory.
import { killNow } from '../../leave.js';
import { type FromHub, SUPERVISED, type SupervisedStart } from '../supervisor/messages.js';
import { PoolProbe } from './pool-probe.js';

const BEAT_EVERY_MS = 500;

export class SupervisorLink {
  readonly start: SupervisedStart;

  constructor(start: SupervisedStart) {
    this.start = start;
    const probe = new PoolProbe();
    let isUnread = false;
    const beat = (): void => {
      // One at a time: a supervisor that stands still is not to find hours of them.
      if (isUnread) return;
      isUnread = true;
      const message: FromHub = { type: 'beat', poolBlockedMs: probe.beatsBlocked() * BEAT_EVERY_MS };
      process.send?.(message, () => {
        isUnread = false;
      });
    };
    beat();
    setInterval(beat, BEAT_EVERY_MS).unref();
    process.once('disconnect', killNow);
    // It is no reason to stay.
    process.channel?.unref();
  }

  tell(message: FromHub): void {
    if (process.connected) process.send?.(message, () => {});
  }
}

let link: SupervisorLink | undefined;

/** Begins to beat if a supervisor has started this process; to be called first of all. */
export function linkToSupervisor(): void {
  const start = process.env[SUPERVISED];
  // Of this process alone: neither its threads nor what they start are the hub.
  delete process.env[SUPERVISED];
  if (start !== undefined && process.send !== undefined)
    link = new SupervisorLink(JSON.parse(start) as SupervisedStart);
}

/** The link, in a hub that has a supervisor. */
export const supervisorLink = (): SupervisorLink | undefined => link;
