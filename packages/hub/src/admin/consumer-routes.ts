// What the CLI tells a running hub to do with its consumers, pause and resume: both ends.
import type { ControlClient } from './control-client.js';
import type { ControlRoutes } from './control-server.js';

const PAUSE_PATH = '/consumers/pause';
const RESUME_PATH = '/consumers/resume';

/** A consumer that was paused, or was so already. */
export interface PausedConsumer {
  /** Its name. */
  readonly consumer: string;
  /** Whether it was paused before. */
  readonly already: boolean;
  /** Since when it is, ISO 8601. */
  readonly since: string;
  /** Why, where somebody has said so. */
  readonly reason: string | undefined;
  /** Messages in its queue. */
  readonly backlog: number;
}

/** A consumer that goes on, or had not been held back. */
export interface ResumedConsumer {
  /** Its name. */
  readonly consumer: string;
  /** What had held it back: `hub pause`, its own `Halt`, or nothing. */
  readonly was: 'paused' | 'halted' | undefined;
  /** Why, where it is known. */
  readonly reason: string | undefined;
  /** Messages in its queue. */
  readonly backlog: number;
  /** Why it is paused again after a restart: that it goes on could not be written down. */
  readonly unkept: string | undefined;
}

/** What of a hub these routes need. All consumers are found, or none is touched. */
export interface ConsumerControl {
  /** @throws CONSUMER_NOT_FOUND, HUB_NOT_RUNNING, DATA_DIR_UNUSABLE */
  pause(consumers: readonly string[], reason: string | undefined): PausedConsumer[];
  /** @throws as {@link pause} */
  resume(consumers: readonly string[]): ResumedConsumer[];
}

interface Wish {
  readonly consumers: readonly string[];
  readonly reason?: string;
}

/** `POST /consumers/pause`, `POST /consumers/resume`; the hub itself logs what it does. */
export function consumerRoutes(hub: ConsumerControl): ControlRoutes {
  return (app) => {
    app.post<{ Body: Wish }>(PAUSE_PATH, async ({ body }) => hub.pause(body.consumers, body.reason));
    app.post<{ Body: Wish }>(RESUME_PATH, async ({ body }) => hub.resume(body.consumers));
  };
}

/**
 * Has a running hub begin no further delivery to these consumers; kept on disk when this resolves.
 *
 * @throws HUB_UNREACHABLE, CONSUMER_NOT_FOUND, HUB_NOT_RUNNING, DATA_DIR_UNUSABLE
 */
export async function askToPause(
  client: ControlClient,
  consumers: readonly string[],
  reason: string | undefined,
): Promise<PausedConsumer[]> {
  return (await client.request('POST', PAUSE_PATH, { consumers, reason })) as PausedConsumer[];
}

/**
 * Has a running hub let these consumers go on, whether they were paused or had halted.
 *
 * @throws as {@link askToPause}
 */
export async function askToResume(client: ControlClient, consumers: readonly string[]): Promise<ResumedConsumer[]> {
  return (await client.request('POST', RESUME_PATH, { consumers })) as ResumedConsumer[];
}
