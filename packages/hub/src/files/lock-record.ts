// What a data directory's lock says of its holder: one line, `pid start [supervisor's pid start]`.
import { readFileSync } from 'node:fs';
import { identify, isAlive, type ProcessIdentity } from './process-identity.js';

/** Who has a lock, as it was written down. */
export interface LockRecord {
  readonly holder: ProcessIdentity;
  /** The process that started the holder and starts it again; undefined for a hub that runs by itself. */
  readonly supervisor: ProcessIdentity | undefined;
}

/** What this process writes down when it has taken a lock. */
export function ownRecord(supervisorPid: number | undefined): string {
  const identities = [process.pid, ...(supervisorPid === undefined ? [] : [supervisorPid])].map(identify);
  return `${identities.map(({ pid, startTime }) => `${pid} ${startTime ?? '-'}`).join(' ')}\n`;
}

/** What is written down when the lock is given back. */
export const NOBODY = '\n';

/**
 * The first line of a lock's file.
 *
 * @returns Undefined when it holds none: nobody had the lock, or its holder gave it back.
 */
export function readRecord(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').split('\n')[0] || undefined;
  } catch {
    return undefined;
  }
}

export function parseRecord(line: string): LockRecord {
  const [pid, startTime, supervisorPid, supervisorStartTime] = line.split(' ');
  const identity = (id: string | undefined, started: string | undefined): ProcessIdentity => ({
    pid: Number(id),
    startTime: started === '-' ? undefined : started,
  });
  return {
    holder: identity(pid, startTime),
    supervisor: supervisorPid === undefined ? undefined : identity(supervisorPid, supervisorStartTime),
  };
}

/** Whether a record is that of a process that still runs. */
export const isHeld = (line: string | undefined): boolean => line !== undefined && isAlive(parseRecord(line).holder);
