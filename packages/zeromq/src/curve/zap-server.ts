// The ZAP handler: it answers ZeroMQ's questions about clients, from before the first socket with a list of allowed
// clients is bound until the last one is closed. Without one, ZeroMQ would let in any key.
//
// ZeroMQ looks for it at one fixed name in the socket's context, and the default context belongs to the whole process:
// to the threads of all consumers, and to whatever sockets and handlers they have. So there is a context of its own.
// More on that in docs/decisions/0023-curve.md.
import { Context, Router } from 'zeromq';
import { answer, type Gate } from './zap.js';

const ENDPOINT = 'inproc://zeromq.zap.01';
/** A handler just closed gives its name up a little later, in a thread of ZeroMQ's. */
const BIND_ATTEMPTS = 1000;

/** A gate that is watched. */
export interface WatchedGate {
  /** The context that the socket is to be made in. */
  readonly context: Context;
  /** The socket's ZAP domain. */
  readonly domain: string;
  /** Gives it up. To be called when the socket is closed; may be called again. */
  close(): void;
}

export class ZapServer {
  readonly #gates = new Map<string, Gate>();
  #context: Context | undefined;
  #domains = 0;
  #router: Router | undefined;
  #listening: Promise<void> | undefined;

  /** Asks the gate about each client of the socket that is made with what this returns. */
  async watch(gate: Gate): Promise<WatchedGate> {
    this.#context ??= new Context();
    const domain = `penstock-${++this.#domains}`;
    this.#gates.set(domain, gate);
    const close = (): void => {
      if (this.#gates.delete(domain) && this.#gates.size === 0) this.#close();
    };
    try {
      this.#listening ??= this.#listen(this.#context);
      await this.#listening;
    } catch (error) {
      close();
      throw error;
    }
    return { context: this.#context, domain, close };
  }

  async #listen(context: Context): Promise<void> {
    const router = new Router({ context });
    this.#router = router;
    router.linger = 0;
    router.sendTimeout = 0;
    for (let attempt = 1; ; attempt++) {
      try {
        router.bindSync(ENDPOINT);
        break;
      } catch (error) {
        if (attempt === BIND_ATTEMPTS) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    void this.#answerAll(router);
  }

  #close(): void {
    this.#router?.close();
    this.#router = undefined;
    this.#listening = undefined;
  }

  async #answerAll(router: Router): Promise<void> {
    try {
      for (;;) await router.send(answer(await router.receive(), this.#gates));
    } catch (error) {
      // Its close ends a pending receive() too.
      if (!router.closed) for (const { reports } of this.#gates.values()) reports.failed(error);
    }
  }
}

/** One for all sources; it is idle, and holds nothing open, while no socket has a list. */
export const zapServer = new ZapServer();
