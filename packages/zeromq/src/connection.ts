// Follows what ZeroMQ reports about one socket: tells when it is wholly closed, logs when a connection comes
// and goes, and notices the one case in which ZeroMQ gives up an endpoint for good without a word.
//
// When a peer breaks the protocol or sends a frame over the limit, libzmq ends the connection; of a connecting
// socket it ends the session too, and never connects again (libzmq issue 4196, tried with 4.3.5). Every other
// loss is followed at once by a `connect:retry`, so a loss without one is that case.
import type { Logger } from '@penstock/hub/source';
import type { Event, Observer } from 'zeromq';
import type { Admission } from './curve/admission.js';
import type { SocketPlan } from './options.js';
import type { RateLimitedLog } from './rate-limited-log.js';

const GIVEN_UP_AFTER_MS = 1000;
/** ZeroMQ closes a socket in a thread of its own, in milliseconds as a rule; an inproc connection never ends. */
const CLOSE_TIMEOUT_MS = 1000;

const SPOKE_WRONGLY = 'the peer sent a frame over the limit, or broke the protocol; connecting again';
const NO_COUNTERPART = {
  SUB: 'what answers there is no PUB or XPUB socket; trying again',
  PULL: 'what answers there is no PUSH socket; trying again',
  ROUTER: 'what answers there is no DEALER, REQ or ROUTER socket; trying again',
};

export interface ConnectionReports {
  readonly log: Logger;
  /** Takes what is as it should be, of which a flapping connection makes as much as of the rest. */
  readonly notices: RateLimitedLog;
  readonly trouble: RateLimitedLog;
  /** Takes what becomes of those who connect to a bound socket with CURVE. */
  readonly admission: Admission;
  /** ZeroMQ has given the endpoint up; `established` when the connection had come to stand before. */
  givenUp(established: boolean): void;
}

export class Connection {
  readonly #events: Observer;
  readonly #plan: SocketPlan;
  readonly #reports: ConnectionReports;
  readonly #ended: Promise<void>;
  #established = false;
  #handshakeFailed = false;
  #lost: NodeJS.Timeout | undefined;

  /** @param events The observer of a socket that is bound, or is not yet connected. */
  constructor(events: Observer, plan: SocketPlan, reports: ConnectionReports) {
    this.#events = events;
    this.#plan = plan;
    this.#reports = reports;
    this.#ended = this.#follow();
  }

  /** Resolves when ZeroMQ has closed all that belongs to the socket, whose `close()` was called: its port is free. */
  async closed(): Promise<void> {
    clearTimeout(this.#lost);
    const timeout = setTimeout(() => this.#events.close(), CLOSE_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timeout);
    clearTimeout(this.#lost);
  }

  async #follow(): Promise<void> {
    try {
      // A closed observer ends its pending receive() with undefined.
      for await (const event of this.#events as AsyncIterable<Event | undefined>) {
        if (event === undefined || event.type === 'end') return;
        if (this.#plan.how === 'connect') this.#noteConnecting(event);
        else this.#noteAccepting(event);
      }
    } catch (error) {
      this.#reports.log.error(`${this.#plan.endpoint}: its connection is no longer followed: ${String(error)}`);
    }
  }

  #noteAccepting(event: Event): void {
    switch (event.type) {
      case 'accept:error':
        this.#trouble('accept', `cannot accept a peer: ${event.error.message}`);
        break;
      case 'handshake:error:protocol':
      case 'handshake:error:other':
        if (this.#plan.settings.curve !== undefined) this.#reports.admission.brokenHandshake(event.error.message);
        break;
    }
  }

  #noteConnecting(event: Event): void {
    switch (event.type) {
      case 'handshake':
        this.#established = true;
        this.#handshakeFailed = false;
        this.#reports.notices.note('connected', `${this.#plan.endpoint}: connected`, { socket: this.#plan.where });
        break;
      case 'disconnect':
        if (this.#established) this.#trouble('lost', 'the connection was lost; connecting again');
        this.#awaitRetry(this.#established);
        this.#established = false;
        break;
      case 'connect:retry':
        if (this.#lost === undefined) this.#trouble('refused', 'nobody answers there; trying again');
        clearTimeout(this.#lost);
        this.#lost = undefined;
        break;
      case 'handshake:error:protocol':
      case 'handshake:error:auth':
      case 'handshake:error:other':
        this.#handshakeFailed = true;
        this.#trouble('handshake', this.#handshakeTrouble(event));
        break;
    }
  }

  #handshakeTrouble({ type, error }: { type: string; error: Error }): string {
    if (type === 'handshake:error:auth') return 'what answers there does not let in the public key of this socket';
    return this.#plan.settings.curve === undefined
      ? `what answers there does not greet as ZeroMQ does, or wants CURVE (${error.message})`
      : `what answers there has no CURVE, or another public key than serverKey (${error.message})`;
  }

  #awaitRetry(established: boolean): void {
    clearTimeout(this.#lost);
    this.#lost = setTimeout(() => {
      this.#lost = undefined;
      if (established) this.#trouble('given-up', SPOKE_WRONGLY);
      // A handshake that failed has been told of, and says nothing about the kind of socket at the other end.
      else if (!this.#handshakeFailed) this.#trouble('given-up', NO_COUNTERPART[this.#plan.kind]);
      this.#reports.givenUp(established);
    }, GIVEN_UP_AFTER_MS);
  }

  #trouble(kind: string, text: string): void {
    const { endpoint, where } = this.#plan;
    this.#reports.trouble.note(kind, `${endpoint}: ${text}`, { socket: where });
  }
}
