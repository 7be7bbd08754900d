// Looks at every push through 200 rules and writes down which badges it earned. Over 10 ms of plain computing
// for each message: in a program with one thread, it would hold up everything else.
import { appendFileSync } from 'node:fs';
import { Consumer, type DeliveryContext, type Message } from '@penstock/hub';
import { BADGE_RULES, type Push } from './badge-rules.js';

interface Options {
  /** The file that gets a line for each push. */
  readonly file: string;
}

export default class Badges extends Consumer<Options> {
  static override topics = ['org.example.forge.*.push'];

  override consume(message: Message, { options }: DeliveryContext<Options>): void {
    const push = message.json<Push>();
    const badges = BADGE_RULES.filter((rule) => rule.earned(push)).map((rule) => rule.badge);
    appendFileSync(options.file, `${JSON.stringify({ id: message.id, author: push.author, badges })}\n`);
  }
}
