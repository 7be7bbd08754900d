// The two ways into a hub that acknowledge: its control socket, and a ZeroMQ ROUTER.
import { type ErrorCode, PenstockError } from '@penstock/hub';
import { ControlClient, publishMessages } from '@penstock/hub/control';
import { AcknowledgedSender } from '@penstock/zeromq/sender';
import type { LoadMessage, Way } from './producer.js';

/** What a hub says, or is silent with, while it is away or has no room: the same message may be taken later. */
const LATER: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'HUB_UNREACHABLE',
  'HUB_NOT_RUNNING',
  'JOURNAL_FAILED',
  'UNCOMMITTED_LIMIT',
  'QUEUE_FULL',
  'DISK_LIMIT',
  'ENDPOINT_UNREACHABLE',
]);

/** How long an answer may take before the message is sent again, in milliseconds. */
const ANSWER_WITHIN_MS = 1_000;

/** Through the control socket of a data directory. */
export class ControlWay implements Way {
  readonly #client: ControlClient;

  constructor(dataDir: string) {
    this.#client = ControlClient.forDataDir(dataDir, { timeoutMs: ANSWER_WITHIN_MS });
  }

  async publish(messages: readonly LoadMessage[]): Promise<number> {
    try {
      const { committed, error } = await publishMessages(this.#client, messages);
      if (error !== undefined) throwUnlessLater(error);
      return committed.length;
    } catch (error) {
      throwUnlessLater(error);
      return 0;
    }
  }

  async close(): Promise<void> {}
}

/** Through a ROUTER socket. For order's sake, one message at a time: ZeroMQ may keep some of several for a later hub. */
export class RouterWay implements Way {
  readonly #endpoint: string;
  #sender: AcknowledgedSender | undefined;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  async publish(messages: readonly LoadMessage[]): Promise<number> {
    let accepted = 0;
    try {
      for (const message of messages) {
        this.#sender ??= new AcknowledgedSender({ endpoint: this.#endpoint, timeoutMs: ANSWER_WITHIN_MS });
        await this.#sender.send([message], () => accepted++);
      }
    } catch (error) {
      await this.close();
      throwUnlessLater(error);
    }
    return accepted;
  }

  async close(): Promise<void> {
    await this.#sender?.close();
    this.#sender = undefined;
  }
}

function throwUnlessLater(error: unknown): void {
  if (!(error instanceof PenstockError) || (!LATER.has(error.code) && !isGoingAway(error))) throw error;
}

/** A ROUTER answers so while its hub stops. */
const isGoingAway = ({ code, message }: PenstockError): boolean =>
  code === 'MESSAGE_REFUSED' && /HUB_NOT_RUNNING|JOURNAL_FAILED|INTERNAL_ERROR/.test(message);
