// What a hub tells the supervisor that has started it, over Node's IPC channel, and what it is told with its start. The
// other way there are only signals: they reach a hub that reads nothing, too.

/** From the hub; every one but the beats at most once. */
export type FromHub =
  /** Its main loop turns. */
  | {
      readonly type: 'beat';
      /** For how long the thread pool of its process has not come to a small task, in milliseconds; 0 when it has. */
      readonly poolBlockedMs: number;
    }
  /** The command line is read. */
  | { readonly type: 'asked'; readonly stuckAfterMs: number }
  /** The config is read. */
  | {
      readonly type: 'configured';
      /** How long a stop may take before the process is ended by force, in milliseconds. */
      readonly stopWithinMs: number;
      readonly logFormat: 'text' | 'json';
    }
  /** Everything runs. */
  | { readonly type: 'started' }
  /** It stops from now on. */
  | {
      readonly type: 'ending';
      /** Why, as in "the hub ended because …". */
      readonly why: string;
      /** Whether it failed and is wanted again; false for a stop that somebody asked for. */
      readonly restart: boolean;
    }
  /** All is done, and the process goes: with this exit code, unless a thread that hangs makes a kill of it. */
  | { readonly type: 'ended'; readonly exitCode: number };

/** What a hub is told with its start. */
export interface SupervisedStart {
  readonly supervisorPid: number;
  /** How often the hub was started again so far, this time included. */
  readonly restarts: number;
  /** Why it is started again, as in "… because"; undefined at the first start. */
  readonly why: string | undefined;
}

/** The variable of the environment in which a {@link SupervisedStart} stands, as JSON. */
export const SUPERVISED = 'PENSTOCK_SUPERVISED';
