// Publishes to a running hub over its control socket. A request is answered when its messages are committed, so what
// the hub cannot take at once is held here.
import { setTimeout as sleep } from 'node:timers/promises';
import { type ControlClient, type OutgoingMessage, publishMessages } from '@penstock/hub/control';
import { isPenstockError } from '../failure.js';
import type { Place, Target } from './target.js';

/** With these the hub has no room: for the moment until the next commit, or until consumers have settled enough. */
const NO_ROOM: ReadonlySet<string> = new Set(['UNCOMMITTED_LIMIT', 'QUEUE_FULL', 'DISK_LIMIT']);

/** How soon messages that the hub had no room for are sent again, in milliseconds: doubled up to the most. */
const RETRY_MS = { first: 20, most: 1_000 } as const;

export class HubTarget implements Target {
  readonly outcome = 'committed';
  waitsFor: string | undefined;
  readonly #client: ControlClient;
  readonly #signal: AbortSignal;
  readonly #timeoutMs: number;

  /**
   * @param signal Ends the waiting for room.
   * @param timeoutMs How long the hub may have no room for a single message.
   */
  constructor(client: ControlClient, signal: AbortSignal, timeoutMs: number) {
    this.#client = client;
    this.#signal = signal;
    this.#timeoutMs = timeoutMs;
  }

  /** @throws QUEUE_FULL, DISK_LIMIT, UNCOMMITTED_LIMIT when there was no room for so long. */
  async send(messages: readonly OutgoingMessage[], sent: (place: Place) => void): Promise<void> {
    let left = messages;
    let pauseMs: number = RETRY_MS.first;
    let takenAtMs = performance.now();
    while (left.length > 0) {
      const { committed, error } = await publishMessages(this.#client, left);
      for (const place of committed) sent(place);
      this.waitsFor = error?.message;
      if (error === undefined) return;
      if (!isPenstockError(error) || !NO_ROOM.has(error.code)) throw error;
      if (this.#signal.aborted) return;
      left = left.slice(committed.length);
      if (committed.length > 0) takenAtMs = performance.now();
      if (performance.now() - takenAtMs >= this.#timeoutMs) throw error;
      pauseMs = committed.length > 0 ? RETRY_MS.first : Math.min(2 * pauseMs, RETRY_MS.most);
      await sleep(pauseMs, undefined, { signal: this.#signal }).catch(() => {});
    }
  }

  async close(): Promise<void> {}
}
