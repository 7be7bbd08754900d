// PUSH: each message goes to one receiver, and its delivery is settled only when that receiver has it. ZMTP has no
// acknowledgement, but a receiver answers a PING in its turn, after it has taken all that came before into its memory;
// one that takes nothing more, because its memory is full, does not come to the PING. What was sent over a connection
// that ended before the answer is sent again first.
import type { OutgoingFrames } from './frame-writer.js';
import type { Outlet, Receiver, Sender } from './sender.js';

/** Messages written before the thread's other work gets its turn. */
const MESSAGES_PER_TURN = 256;

/** A receiver that confirms nothing for so long is worth a line in the log. */
const STALLED_AFTER_MS = 10_000;

/** While messages wait and nobody is there, that is told after so long, and again and again. */
const ALONE_AFTER_MS = 1_000;

/** How long a stop waits for receivers to say what they have. */
const DRAIN_TIMEOUT_MS = 1_000;

interface Outgoing {
  readonly message: OutgoingFrames;
  /** In the order of the queue. */
  readonly number: number;
  resolve(): void;
  reject(error: Error): void;
}

export interface PushOptions {
  /** Most messages that are sent and not confirmed. */
  readonly inFlight: number;
  /**
   * Whether to wait for a receiver to answer a PING; else a message counts as delivered when the system has taken it,
   * for receivers that do not know PING.
   */
  readonly confirm: boolean;
  /** Tells that messages wait and nobody is there to take them; every second while it is so. */
  alone(waiting: number): void;
  /** Tells that a receiver has not confirmed what it was sent for ten seconds. */
  stalled(unconfirmed: number): void;
}

export class PushSender implements Sender {
  readonly #options: PushOptions;
  readonly #receivers: PushReceiver[] = [];
  /** Not sent yet, or to be sent again; in order from `#next` on. */
  #waiting: Outgoing[] = [];
  #next = 0;
  #numbered = 0;
  #turn = 0;
  #pumpDue = false;
  #stopping = false;
  #allSettled: (() => void) | undefined;
  #alone: NodeJS.Timeout | undefined;

  constructor(options: PushOptions) {
    this.#options = options;
  }

  /** Messages that wait to be sent. */
  get waiting(): number {
    return this.#waiting.length - this.#next;
  }

  send(message: OutgoingFrames): Promise<void> {
    if (this.#stopping) return Promise.reject(stopped());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, number: this.#numbered++, resolve, reject });
      this.#pumpSoon();
    });
  }

  admit(outlet: Outlet): Receiver {
    const receiver = new PushReceiver(outlet, this.#options, {
      ready: () => this.#pumpSoon(),
      settled: () => this.#noteSettled(),
      gone: (unconfirmed) => this.#takeBack(receiver, unconfirmed),
    });
    this.#receivers.push(receiver);
    clearTimeout(this.#alone);
    this.#alone = undefined;
    this.#pumpSoon();
    return receiver;
  }

  async drain(): Promise<boolean> {
    this.#stopping = true;
    this.#returnWaiting();
    if (this.#unconfirmed === 0) return true;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#allSettled = resolve;
      timer = setTimeout(resolve, DRAIN_TIMEOUT_MS);
    });
    clearTimeout(timer);
    const confirmed = this.#unconfirmed === 0;
    this.abort();
    return confirmed;
  }

  abort(): void {
    this.#stopping = true;
    this.#returnWaiting();
    for (const receiver of this.#receivers) for (const { reject } of receiver.takeUnconfirmed()) reject(stopped());
    this.#allSettled?.();
  }

  get #unconfirmed(): number {
    return this.#receivers.reduce((sum, { unconfirmed }) => sum + unconfirmed, 0);
  }

  #returnWaiting(): void {
    clearTimeout(this.#alone);
    for (const { reject } of this.#waiting.slice(this.#next)) reject(stopped());
    this.#waiting = [];
    this.#next = 0;
  }

  #noteSettled(): void {
    if (this.#unconfirmed === 0) this.#allSettled?.();
    this.#pumpSoon();
  }

  #takeBack(receiver: PushReceiver, unconfirmed: readonly Outgoing[]): void {
    this.#receivers.splice(this.#receivers.indexOf(receiver), 1);
    // Each list is in order; that of another receiver may have come back before.
    const waiting = [...unconfirmed, ...this.#waiting.slice(this.#next)];
    this.#waiting = waiting.sort((a, b) => a.number - b.number);
    this.#next = 0;
    if (this.#stopping) this.#returnWaiting();
    this.#noteSettled();
  }

  #pumpSoon(): void {
    if (this.#pumpDue) return;
    this.#pumpDue = true;
    setImmediate(() => {
      this.#pumpDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    for (let sent = 0; this.#next < this.#waiting.length; sent++) {
      const receiver = this.#nextReceiver();
      if (receiver === undefined) break;
      if (sent === MESSAGES_PER_TURN) {
        this.#pumpSoon();
        break;
      }
      receiver.send(this.#waiting[this.#next++] as Outgoing);
    }
    if (this.#next >= MESSAGES_PER_TURN) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    for (const receiver of this.#receivers) receiver.flush();
    if (this.waiting > 0 && this.#receivers.length === 0) this.#alone ??= this.#tellAlone();
  }

  #tellAlone(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#options.alone(this.waiting);
      this.#alone = this.#tellAlone();
    }, ALONE_AFTER_MS);
  }

  /**
   * In turn, as ZeroMQ has it. One that is full is passed over, and so is one that has its share of what may be on its
   * way: else one that confirms nothing would come to hold all of it, and the others would get nothing any more.
   */
  #nextReceiver(): PushReceiver | undefined {
    const share = Math.max(1, Math.floor(this.#options.inFlight / this.#receivers.length));
    for (let tried = 0; tried < this.#receivers.length; tried++) {
      this.#turn = (this.#turn + 1) % this.#receivers.length;
      const receiver = this.#receivers[this.#turn] as PushReceiver;
      if (!receiver.full && receiver.unconfirmed < share) return receiver;
    }
    return undefined;
  }
}

interface PushReceiverEvents {
  /** More can be sent to it. */
  ready(): void;
  settled(): void;
  gone(unconfirmed: readonly Outgoing[]): void;
}

/** One receiver, and what was sent to it that it has not confirmed. */
class PushReceiver implements Receiver {
  readonly #outlet: Outlet;
  readonly #options: PushOptions;
  readonly #events: PushReceiverEvents;
  #sent: Outgoing[] = [];
  /** How many of them the PING that is on its way stands behind. */
  #asked = 0;
  #stalled: NodeJS.Timeout | undefined;

  constructor(outlet: Outlet, options: PushOptions, events: PushReceiverEvents) {
    this.#outlet = outlet;
    this.#options = options;
    this.#events = events;
  }

  get full(): boolean {
    return this.#outlet.full;
  }

  get unconfirmed(): number {
    return this.#sent.length;
  }

  send(outgoing: Outgoing): void {
    this.#outlet.send(outgoing.message);
    this.#sent.push(outgoing);
  }

  /** Sees off what was sent, and asks for its confirmation unless an answer is due already. */
  flush(): void {
    const asks = this.#asked === 0 && this.#sent.length > 0;
    if (asks) this.#ask();
    else this.#outlet.flush();
  }

  takeUnconfirmed(): Outgoing[] {
    const sent = this.#sent;
    this.#sent = [];
    this.#asked = 0;
    clearTimeout(this.#stalled);
    return sent;
  }

  pong(): void {
    clearTimeout(this.#stalled);
    const confirmed = this.#sent.splice(0, this.#asked);
    this.#asked = 0;
    for (const { resolve } of confirmed) resolve();
    this.#events.settled();
  }

  drained(): void {
    this.#events.ready();
  }

  /** A PULL socket has nothing to subscribe to. */
  subscription(): void {}

  gone(): void {
    this.#events.gone(this.takeUnconfirmed());
  }

  #ask(): void {
    this.#asked = this.#sent.length;
    if (this.#options.confirm) this.#outlet.ping();
    this.#outlet.flush();
    if (!this.#options.confirm) this.#outlet.whenTaken(() => this.pong());
    this.#stalled = setTimeout(() => this.#options.stalled(this.#sent.length), STALLED_AFTER_MS);
  }
}

const stopped = () => new Error('the publisher stopped before it was delivered; it stays queued');
