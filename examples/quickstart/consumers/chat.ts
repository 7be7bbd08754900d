// Announces every push in a chat room that does not take more than so many lines a second; so it throttles
// itself, and what it may not say yet waits in its queue. The room is a file here.
import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Consumer, type DeliveryContext, type Message } from '@penstock/hub';
import type { Push } from './badge-rules.js';

interface Options {
  /** The file that stands for the chat room. */
  readonly file: string;
  readonly linesPerSecond: number;
}

export default class Chat extends Consumer<Options> {
  static override topics = ['org.example.forge.*.push'];

  /** When the next line may be said, on the clock of performance.now(). */
  #next = 0;

  override async consume(message: Message, { options }: DeliveryContext<Options>): Promise<void> {
    const now = performance.now();
    const turn = Math.max(this.#next, now);
    this.#next = turn + 1000 / options.linesPerSecond;
    if (turn > now) await delay(turn - now);
    const { author, project, files } = message.json<Push>();
    appendFileSync(options.file, `${author} pushed ${files.length} files to ${project} (${message.id})\n`);
  }
}
