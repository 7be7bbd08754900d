// What the supervisor makes of a hub's end: to start it again, or to leave as it did.
import { isStopSignal } from '../stop-signals.js';

/** How one life of the hub was, and how it ended. */
export interface HubLife {
  readonly pid: number | undefined;
  /** Exactly one of the two is not null, unless the process could not be started. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why the process could not be started. */
  readonly spawnError: Error | undefined;
  /** Why the supervisor has killed it, as in "because …"; undefined when it has not, or was asked to. */
  readonly killedBecause: string | undefined;
  /** What it said when it began to stop. */
  readonly ending: { readonly why: string; readonly restart: boolean } | undefined;
  /** The exit code that it said it would end with. */
  readonly endedWith: number | undefined;
  /** For how long everything ran, in milliseconds; undefined when it never came to that. */
  readonly readyMs: number | undefined;
}

export type Verdict =
  /** With the hub's exit code, or by the signal that ended it. */
  | { readonly kind: 'leave'; readonly as: number | NodeJS.Signals }
  /** What is said about the end, as in "because …". */
  | { readonly kind: 'restart'; readonly why: string };

export interface Circumstances {
  /** Whether the supervisor was asked to stop. */
  readonly stopAsked: boolean;
  /** Whether the hub has run before, in this life or an earlier one: what never started is not tried again. */
  readonly hasRun: boolean;
}

export function judge(life: HubLife, { stopAsked, hasRun }: Circumstances): Verdict {
  const who = life.pid === undefined ? 'the hub' : `process ${life.pid}`;
  const leave: Verdict = { kind: 'leave', as: life.endedWith ?? life.code ?? life.signal ?? 1 };
  if (stopAsked || life.ending?.restart === false || isStopSignal(life.signal)) return leave;
  if (life.killedBecause !== undefined) return { kind: 'restart', why: `${who} ${life.killedBecause}` };
  if (life.ending !== undefined && hasRun) return { kind: 'restart', why: `${who} ${life.ending.why}` };
  // What it said counts, for a thread that hangs makes a kill of its exit.
  if (life.endedWith === undefined && life.signal !== null) {
    return { kind: 'restart', why: `${who} was ended by ${life.signal}` };
  }
  if (!hasRun) return leave;
  if (life.spawnError !== undefined)
    return { kind: 'restart', why: `it could not be started: ${life.spawnError.message}` };
  const code = life.endedWith ?? life.code;
  return { kind: 'restart', why: `${who} ended with exit code ${code}, and was not asked to` };
}
