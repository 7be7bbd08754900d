// Publishes to a ZeroMQ endpoint. ZeroMQ is loaded only now: publishing to a hub needs none of it.
import { randomUUID } from 'node:crypto';
import type { OutgoingMessage } from '@penstock/hub/control';
import type { Sender, SenderOptions } from '@penstock/zeromq/sender';
import { UsageError } from '../failure.js';
import type { Place, Target } from './target.js';

export interface EndpointOptions extends SenderOptions {
  /** Whether a ROUTER source is there, which answers what is committed; else it is a PULL socket. */
  readonly acknowledged: boolean;
}

export class EndpointTarget implements Target {
  readonly outcome: Target['outcome'];
  readonly #sender: Sender;
  /** Names requests of messages that have no id. */
  readonly #run = randomUUID();
  #requests = 0;

  private constructor(sender: Sender, acknowledged: boolean) {
    this.#sender = sender;
    this.outcome = acknowledged ? 'committed' : 'handed over';
  }

  /** @throws UsageError for what is no endpoint; ENDPOINT_UNREACHABLE for one that this machine cannot connect to. */
  static async connect({ acknowledged, ...options }: EndpointOptions): Promise<EndpointTarget> {
    const { AcknowledgedSender, endpointProblem, PushSender } = await import('@penstock/zeromq/sender');
    const problem = endpointProblem(options.endpoint, 'connect');
    if (problem !== undefined) throw new UsageError(`--to ${options.endpoint} ${problem}`);
    const sender = acknowledged ? new AcknowledgedSender(options) : new PushSender(options);
    return new EndpointTarget(sender, acknowledged);
  }

  async send(messages: readonly OutgoingMessage[], sent: (place: Place | undefined) => void): Promise<void> {
    const outgoing = messages.map(({ topic, headers, body }) => ({
      id: headers?.id ?? `${this.#run}-${++this.#requests}`,
      topic,
      headers,
      body,
    }));
    let at = 0;
    await this.#sender.send(outgoing, (position) => {
      const id = outgoing[at++]?.id ?? '';
      sent(position === undefined ? undefined : { position, id });
    });
  }

  close(): Promise<void> {
    return this.#sender.close();
  }
}
