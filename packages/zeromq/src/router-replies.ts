// The replies of one ROUTER socket: those that wait for a commit, those that are due, and their sending. One wait
// serves all requests of a batch, and no send ever waits: what its peer does not read is dropped.
import type { Router } from 'zeromq';
import { type IntakeParts, isHubGone } from './intake.js';
import type { SocketPlan } from './options.js';
import type { ReplyAddress, ReplyCode } from './router-request.js';

/** How long the end waits for the last commits; longer than any that goes well. */
const END_TIMEOUT_MS = 2000;

const OK = Buffer.from('ok');
const ERROR = Buffer.from('error');

/** Waits for its commit. */
interface Accepted {
  readonly address: ReplyAddress;
  readonly position: number;
}

type Reply = Buffer[];

export class RouterReplies {
  readonly #socket: Router;
  readonly #plan: SocketPlan;
  readonly #parts: IntakeParts;
  /** What was accepted last: all that wait for the same promise. */
  #group: Accepted[] = [];
  #groupCommitted: Promise<void> | undefined;
  #uncommitted = 0;
  #due: Reply[] = [];
  #sending = false;
  /** Called once nothing is pending. */
  #waiting: (() => void)[] = [];

  /** @param socket One that has `mandatory` on and a `sendTimeout` of 0: then a send says at once what became of it. */
  constructor(socket: Router, plan: SocketPlan, parts: IntakeParts) {
    this.#socket = socket;
    this.#plan = plan;
    this.#parts = parts;
  }

  /** Answers `ok` once what was accepted last is committed, or the code of why it cannot be. */
  afterCommit(address: ReplyAddress, position: number): void {
    const committed = this.#parts.context.committed();
    if (committed !== this.#groupCommitted) this.#beginGroup(committed);
    this.#group.push({ address, position });
    this.#uncommitted++;
  }

  /** Answers with an error. */
  refuse(address: ReplyAddress, code: ReplyCode): void {
    this.#send([[...address, ERROR, Buffer.from(code)]]);
  }

  /** Resolves when all is answered, or cannot be any more; after {@link END_TIMEOUT_MS} at the latest. */
  async end(): Promise<void> {
    if (this.#socket.closed || !this.#pending) return;
    await new Promise<void>((resolve) => {
      const timeout = setTimeout(resolve, END_TIMEOUT_MS);
      this.#waiting.push(() => {
        clearTimeout(timeout);
        resolve();
      });
    });
  }

  get #pending(): boolean {
    return this.#uncommitted > 0 || this.#due.length > 0 || this.#sending;
  }

  #beginGroup(committed: Promise<void>): void {
    const group: Accepted[] = [];
    this.#group = group;
    this.#groupCommitted = committed;
    const answer = (makeReply: (accepted: Accepted) => Reply) => {
      // Whatever is accepted from now on is not in this group, even where the promise is the same.
      if (this.#group === group) this.#groupCommitted = undefined;
      this.#uncommitted -= group.length;
      this.#send(group.map(makeReply));
    };
    committed.then(
      () => answer(({ address, position }) => [...address, OK, Buffer.from(`${position}`, 'latin1')]),
      (error) => {
        const code: ReplyCode = isHubGone(error) ? error.code : 'INTERNAL_ERROR';
        answer(({ address }) => [...address, ERROR, Buffer.from(code)]);
      },
    );
  }

  #send(replies: readonly Reply[]): void {
    for (const reply of replies) this.#due.push(reply);
    if (!this.#sending) void this.#sendDue();
  }

  /**
   * Sends what is due, in turns. Receiving and replying share their turns, and what is due goes first, so that
   * replies never pile up.
   */
  async #sendDue(): Promise<void> {
    const { turn } = this.#parts;
    this.#sending = true;
    while (this.#due.length > 0) {
      const due = this.#due;
      this.#due = [];
      for (const reply of due) {
        if (turn.over) await turn.next();
        turn.spend(0);
        this.#sendNow(reply);
      }
    }
    this.#sending = false;
    if (!this.#pending) for (const done of this.#waiting.splice(0)) done();
  }

  /** Never throws and never waits. A peer gets no further reply of a closed socket, and sends again. */
  #sendNow(reply: Reply): void {
    if (this.#socket.closed) return;
    try {
      this.#socket.send(reply).catch(this.#noteDropped);
    } catch (error) {
      this.#noteDropped(error as NodeJS.ErrnoException);
    }
  }

  readonly #noteDropped = (error: NodeJS.ErrnoException): void => {
    const { endpoint, where } = this.#plan;
    const why =
      error.code === 'EAGAIN'
        ? 'its peer does not read its replies'
        : error.code === 'EHOSTUNREACH'
          ? 'its peer is gone'
          : error.message;
    this.#parts.rejects.note(`reply:${error.code}`, `${endpoint}: a reply was dropped, since ${why}`, {
      socket: where,
    });
  };
}
