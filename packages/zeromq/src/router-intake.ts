// Takes the requests of a ROUTER socket and has each answered: 'ok' with the message's position after its commit,
// or 'error' with a code.
import type { SourceIntake } from '@penstock/hub/source';
import type { Router } from 'zeromq';
import { Intake, type IntakeParts, isHubGone } from './intake.js';
import type { SocketPlan } from './options.js';
import { RouterReplies } from './router-replies.js';
import { decodeRequest, REPLY_CODES } from './router-request.js';

export class RouterIntake extends Intake {
  readonly #replies: RouterReplies;

  constructor(plan: SocketPlan, parts: IntakeParts, socket: Router) {
    super(plan, parts);
    this.#replies = new RouterReplies(socket, plan, parts);
  }

  /** What cannot be taken for now is answered with why, rather than held back: other queues may have room. */
  override get into(): SourceIntake {
    return this.parts.context.answering;
  }

  override take(frames: readonly Buffer[]): void {
    const { address, content } = decodeRequest(frames, this.parts.topics, this.plan.settings.maxMessageBytes);
    try {
      const taken = this.enter(content);
      if (address === undefined) return;
      if (typeof taken === 'number') this.#replies.afterCommit(address, taken);
      else this.#replies.refuse(address, REPLY_CODES[taken]);
    } catch (error) {
      if (isHubGone(error) && address !== undefined) this.#replies.refuse(address, error.code);
      throw error;
    }
  }

  override end(): Promise<void> {
    return this.#replies.end();
  }
}
