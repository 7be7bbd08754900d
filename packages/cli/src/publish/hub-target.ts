// Publishes to a running hub over its control socket. A request is answered when its messages are committed, so what
// the hub cannot take at once is held here.
import { setTimeout as sleep } from 'node:timers/promises';
import { type ControlClient, type OutgoingMessage, publishMessages } from '@penstock/hub/control';
import { isPenstockError } from '../failure.js';
import type { Place, Target } from './target.js';

/** How soon messages that the hub had no room for are sent again, in milliseconds: doubled up to the most. */
const RETRY_MS = { first: 20, most: 1_000 } as const;

export class HubTarget implements Target {
  readonly outcome = 'committed';
  readonly #client: ControlClient;
  readonly #signal: AbortSignal;

  /** @param signal Ends the waiting for room. */
  constructor(client: ControlClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  async send(messages: readonly OutgoingMessage[], sent: (place: Place) => void): Promise<void> {
    let left = messages;
    let pauseMs: number = RETRY_MS.first;
    while (left.length > 0) {
      const { committed, error } = await publishMessages(this.#client, left);
      for (const place of committed) sent(place);
      if (error === undefined) return;
      if (!isPenstockError(error) || error.code !== 'UNCOMMITTED_LIMIT') throw error;
      if (this.#signal.aborted) return;
      left = left.slice(committed.length);
      pauseMs = committed.length > 0 ? RETRY_MS.first : Math.min(2 * pauseMs, RETRY_MS.most);
      await sleep(pauseMs, undefined, { signal: this.#signal }).catch(() => {});
    }
  }

  async close(): Promise<void> {}
}
