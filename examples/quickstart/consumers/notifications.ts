// Tells an outside service of every push. The service takes its time, so 16 requests are under way at once;
// a request that fails throws, and so the message is delivered again.
import { Consumer, type DeliveryContext, type Message } from '@penstock/hub';
import type { Push } from './badge-rules.js';

interface Options {
  /** Where to POST to. */
  readonly url: string;
}

const TIMEOUT_MS = 10_000;

export default class Notifications extends Consumer<Options> {
  static override topics = ['org.example.>'];
  static override concurrency = 16;

  override async consume(message: Message, { options }: DeliveryContext<Options>): Promise<void> {
    const { author, project } = message.json<Push>();
    const response = await fetch(options.url, {
      method: 'POST',
      // A message can come twice, after a crash: its id lets the service tell.
      headers: { 'content-type': 'application/json', 'idempotency-key': message.id },
      body: JSON.stringify({ text: `${author} pushed to ${project}` }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`${options.url} answered ${response.status}`);
  }
}
