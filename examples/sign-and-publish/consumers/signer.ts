// Signs each message with the key that its header names, and publishes the result onto the hub's own bus, where the
// publisher gets it. All that computes is here, in as many threads as it takes.
import { Consumer, type ConsumerContext, type DeliveryContext, Drop, type Message } from '@penstock/hub';
import { signCompact } from './jws.js';
import { Keys } from './keys.js';

interface Options {
  /** Directory of the private keys. */
  readonly keys: string;
}

export default class Signer extends Consumer<Options> {
  static override topics = ['org.example.>'];
  static override threads = 2;
  #keys!: Keys;

  override open({ options }: ConsumerContext<Options>): void {
    this.#keys = new Keys(options.keys);
  }

  override consume(message: Message, context: DeliveryContext<Options>): void {
    const { body, headers, id, topic } = message;
    if (headers.key === undefined) throw new Drop('its headers name no key');
    // Topic and id are signed as well, so that nobody can pass the message off as another one.
    const jws = signCompact(body, { kid: headers.key, topic, id }, this.#keys.get(headers.key));
    // Not awaited: the delivery is settled after the commit anyway, and the next one can be signed meanwhile.
    void context.publish(`signed.${topic}`, jws, { 'content-type': 'application/jose' });
  }
}
