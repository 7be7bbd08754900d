// Keeps every message of its topics: appends it to a file, one JSON object a line.
import { appendFile } from 'node:fs/promises';
import { Consumer, type DeliveryContext, type Message } from '@penstock/hub';

interface Options {
  /** Where to append to; a relative path starts in the directory that the hub was started in. */
  readonly file: string;
}

export default class Archive extends Consumer<Options> {
  static topics = ['example.>'];

  async consume(message: Message, context: DeliveryContext<Options>): Promise<void> {
    const line = JSON.stringify({ time: message.time, id: message.id, topic: message.topic, text: message.text() });
    await appendFile(context.options.file, `${line}\n`);
    context.log.info(`kept ${message.topic}`);
  }
}
