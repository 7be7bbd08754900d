// One socket and the loop that takes messages from it into the hub. Why the loop is made this way, with the
// measurements, is in docs/decisions/0010-zeromq-receive-loop.md.
import { PenstockError, type SourceContext } from '@penstock/hub/source';
import { decodeFrames, REJECT_REASONS, type RejectReason } from './frames.js';
import type { OpenSocket, ReceivingSocket } from './open-socket.js';
import type { SocketPlan } from './options.js';
import type { RateLimitedLog } from './rate-limited-log.js';
import type { TopicCache } from './topic-cache.js';
import type { Turn } from './turn.js';

/** How long messages that had arrived before the stop are still taken, while a publisher keeps sending. */
const STOP_DRAIN_MS = 500;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 30_000;

/** What a receiver works with; all receivers of a source share it. */
export interface ReceiverParts {
  readonly context: SourceContext;
  readonly topics: TopicCache;
  readonly rejects: RateLimitedLog;
  readonly turn: Turn;
}

/** Opens the planned socket; `givenUp` is to be called when ZeroMQ has given up its endpoint. */
export type Open = (givenUp: (established: boolean) => void) => Promise<OpenSocket>;

export class Receiver {
  readonly #plan: SocketPlan;
  readonly #parts: ReceiverParts;
  readonly #openAnew: Open;
  #open: OpenSocket | undefined;
  #loop: Promise<void> = Promise.resolve();
  #state: 'receive' | 'reopen' | 'stop' = 'receive';
  /** Whether the loop waits for a socket that was empty; only then may the socket be closed under it. */
  #idle = false;
  /** Ends the wait that the loop is in, other than for the socket. */
  #wake: (() => void) | undefined;
  #drainOver = false;
  #backoffMs = FIRST_BACKOFF_MS;

  constructor(plan: SocketPlan, parts: ReceiverParts, open: Open) {
    this.#plan = plan;
    this.#parts = parts;
    this.#openAnew = open;
  }

  /**
   * Opens the socket. Messages are taken from {@link run} on.
   *
   * @throws SOURCE_START_FAILED.
   */
  async open(): Promise<void> {
    this.#open = await this.#openAnew((established) => this.#givenUp(established));
  }

  run(): void {
    this.#loop = this.#run();
  }

  /** Takes what has arrived, for {@link STOP_DRAIN_MS} at most, and closes the socket. */
  async close(): Promise<void> {
    this.#state = 'stop';
    const deadline = setTimeout(() => {
      this.#drainOver = true;
      this.#wake?.();
    }, STOP_DRAIN_MS);
    if (this.#open === undefined) this.#wake?.();
    this.#endIdleWait();
    await this.#loop;
    clearTimeout(deadline);
    await this.#open?.close();
  }

  /** Never throws: a loop that fails opens its socket anew and goes on, until the hub takes nothing any more. */
  async #run(): Promise<void> {
    while (this.#state !== 'stop') {
      try {
        if (this.#open === undefined) await this.open();
        await this.#receive((this.#open as OpenSocket).socket);
      } catch (error) {
        if (isHubGone(error)) {
          this.#parts.context.log.error(`${this.#plan.endpoint}: nothing more is received: ${error.message}`);
          break;
        }
        this.#noteFailure(error);
      }
      await this.#open?.close();
      this.#open = undefined;
      if (this.#state === 'reopen') this.#state = 'receive';
      if (this.#state === 'receive') await this.#backOff();
    }
    await this.#open?.close();
  }

  /** Takes messages until it is to stop or to open the socket anew, and then those that have arrived by then. */
  async #receive(socket: ReceivingSocket): Promise<void> {
    while (this.#state === 'receive') {
      if (this.#parts.context.saturated) await this.#untilWritable();
      // To wait for a message is no turn given: when there is one already, the event loop does not go round.
      if (this.#parts.turn.over) await this.#parts.turn.next();
      if (this.#state !== 'receive') break;
      const frames = await this.#waitForMessage(socket);
      if (frames === undefined) return;
      this.#take(frames);
      if (socket.readable) await this.#receiveBurst(socket);
    }
    if (!socket.closed) await this.#receiveBurst(socket);
  }

  /** The next message; undefined when the socket was closed for a reason. */
  async #waitForMessage(socket: ReceivingSocket): Promise<Buffer[] | undefined> {
    this.#idle = true;
    try {
      return await socket.receive();
    } catch (error) {
      if (this.#state !== 'receive') return undefined;
      throw error;
    } finally {
      this.#idle = false;
    }
  }

  /**
   * Takes all that has arrived. With a timeout of 0, zeromq.js hands a message over without asking the system
   * first whether there is one, and rejects with EAGAIN when there is none; the turns are then ours to give.
   */
  async #receiveBurst(socket: ReceivingSocket): Promise<void> {
    const { context, turn } = this.#parts;
    socket.receiveTimeout = 0;
    try {
      for (;;) {
        if (context.saturated) await this.#untilWritable();
        if (turn.over) await turn.next();
        if (this.#drainOver) return;
        this.#take(await socket.receive());
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    } finally {
      if (!socket.closed) socket.receiveTimeout = -1;
    }
  }

  /** Hands one message to the hub, or counts why not. */
  #take(frames: readonly Buffer[]): void {
    this.#backoffMs = FIRST_BACKOFF_MS;
    const { context, topics, turn } = this.#parts;
    const message = decodeFrames(frames, topics, this.#plan.settings.maxMessageBytes);
    if (typeof message === 'string') {
      turn.spend(0);
      this.#reject(message);
      return;
    }
    turn.spend(message.body.length);
    try {
      context.accept(message.topic, message.body, message.headers);
    } catch (error) {
      if (isHubGone(error)) throw error;
      this.#reject(refusal(error), error);
    }
  }

  #reject(reason: RejectReason, error?: unknown): void {
    this.#parts.context.reject(reason);
    const because = error instanceof Error ? `: ${error.message}` : '';
    const fields = { reason, socket: this.#plan.where, endpoint: this.#plan.endpoint };
    this.#parts.rejects.note(reason, `rejected: ${REJECT_REASONS[reason]}${because}`, fields);
  }

  #noteFailure(error: unknown): void {
    this.#parts.context.reject('error');
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#parts.context.log.error(
      `${this.#plan.endpoint}: receiving failed; trying again in ${this.#backoffMs} ms: ${why}`,
      { socket: this.#plan.where },
    );
  }

  #givenUp(established: boolean): void {
    // After a greeting, nothing but an oversized frame has ZeroMQ do this to a peer that speaks its protocol.
    if (established) this.#reject('size');
    if (this.#state !== 'receive') return;
    this.#state = 'reopen';
    this.#endIdleWait();
  }

  /** A loop that does not wait for the socket sees the state by itself, and drains the socket first. */
  #endIdleWait(): void {
    if (this.#idle) this.#open?.socket.close();
  }

  async #untilWritable(): Promise<void> {
    if (!this.#drainOver) await this.#wait((resolve) => void this.#parts.context.writable().then(resolve, resolve));
  }

  async #backOff(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await this.#wait((resolve) => {
      timer = setTimeout(resolve, this.#backoffMs);
    });
    clearTimeout(timer);
    this.#backoffMs = Math.min(2 * this.#backoffMs, LONGEST_BACKOFF_MS);
  }

  async #wait(begin: (resolve: () => void) => void): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      begin(resolve);
    });
    this.#wake = undefined;
  }
}

/** Whether the hub takes nothing any more, for good. */
function isHubGone(error: unknown): error is PenstockError {
  return error instanceof PenstockError && (error.code === 'JOURNAL_FAILED' || error.code === 'HUB_NOT_RUNNING');
}

/** The reason under which a message counts that the hub refused. */
function refusal(error: unknown): RejectReason {
  switch (error instanceof PenstockError ? error.code : undefined) {
    case 'TOPIC_INVALID':
      return 'topic';
    case 'HEADERS_INVALID':
    case 'HEADERS_TOO_LARGE':
      return 'headers';
    case 'MESSAGE_TOO_LARGE':
      return 'size';
    default:
      return 'error';
  }
}
