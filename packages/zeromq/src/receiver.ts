// One socket and the loop that takes messages from it into the hub. Why the loop is made this way, with the
// measurements, is in docs/decisions/0010-zeromq-receive-loop.md.
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import type { SourceIntake } from '@penstock/hub/source';
import { Router } from 'zeromq';
import { Intake, type IntakeParts, isHubGone } from './intake.js';
import type { OpenSocket, ReceivingSocket } from './open-socket.js';
import type { SocketPlan } from './options.js';
import { RouterIntake } from './router-intake.js';

/** How long messages that had arrived before the stop are still taken, while a publisher keeps sending. */
const STOP_DRAIN_MS = 500;
/**
 * How long a bound PULL socket is waited on before the loop looks whether it is to stop. A receive() that is pending can
 * be ended only by closing the socket, and with it goes what has just arrived.
 */
const PULL_WAIT_MS = 100;
/** How long ZeroMQ's own thread may take to hand over what had arrived when a PULL socket's connections are ended. */
const CUT_MS = 20;
/** How long that may take to be taken, while the journal is slow. */
const REST_TIMEOUT_MS = 5_000;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 30_000;

/** Opens the planned socket; `givenUp` is to be called when ZeroMQ has given up its endpoint. */
export type Open = (givenUp: (established: boolean) => void) => Promise<OpenSocket>;

export class Receiver {
  readonly #plan: SocketPlan;
  readonly #parts: IntakeParts;
  readonly #openAnew: Open;
  #open: OpenSocket | undefined;
  /** Of the socket that is open, or was last. */
  #intake: Intake;
  #loop: Promise<void> = Promise.resolve();
  #state: 'receive' | 'reopen' | 'stop' = 'receive';
  /** Whether the loop waits for a socket that was empty; only then may the socket be closed under it. */
  #idle = false;
  /** Ends the wait that the loop is in, other than for the socket. */
  #wake: (() => void) | undefined;
  #drainOver = false;
  /** Whether a full queue or disk held the source when it was told to stop. */
  #held = false;
  #deadline: NodeJS.Timeout | undefined;
  /** Whether the loop ends its waits by itself, so that the socket need not be closed under it. */
  readonly #looksUp: boolean;
  #backoffMs = FIRST_BACKOFF_MS;

  constructor(plan: SocketPlan, parts: IntakeParts, open: Open) {
    this.#plan = plan;
    this.#parts = parts;
    this.#intake = new Intake(plan, parts);
    this.#openAnew = open;
    this.#looksUp = plan.kind === 'PULL' && plan.how === 'bind';
  }

  /**
   * Opens the socket. Messages are taken from {@link run} on.
   *
   * @throws SOURCE_START_FAILED.
   */
  async open(): Promise<void> {
    this.#open = await this.#openAnew((established) => this.#givenUp(established));
    const { socket } = this.#open;
    // A reply goes to a peer of the socket that its request came from, and to no other socket's.
    if (socket instanceof Router) this.#intake = new RouterIntake(this.#plan, this.#parts, socket);
  }

  run(): void {
    this.#loop = this.#run();
  }

  /** Takes what has arrived, for {@link STOP_DRAIN_MS} at most, has it answered, and closes the socket. */
  async close(): Promise<void> {
    this.#state = 'stop';
    this.#drainFor(STOP_DRAIN_MS);
    const { into } = this.#intake;
    // What has arrived is taken although a queue or the disk is full, or it would be lost; it is no more than ZeroMQ holds.
    this.#held = into.saturated && !this.#room.saturated;
    if (this.#open === undefined || this.#held) this.#wake?.();
    // A closed socket sends no reply. Whatever comes in meanwhile ends the wait for a message by itself.
    await this.#intake.end();
    if (!this.#looksUp) this.#endIdleWait();
    await this.#loop;
    clearTimeout(this.#deadline);
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
      await this.#intake.end();
      await this.#open?.close();
      this.#open = undefined;
      if (this.#state === 'reopen') this.#state = 'receive';
      if (this.#state === 'receive') await this.#backOff();
    }
    await this.#intake.end();
    await this.#open?.close();
  }

  /** Takes messages until it is to stop or to open the socket anew, and then those that have arrived by then. */
  async #receive(socket: ReceivingSocket): Promise<void> {
    while (this.#state === 'receive') {
      if (this.#room.saturated) await this.#untilWritable();
      // To wait for a message is no turn given: when there is one already, the event loop does not go round.
      if (this.#parts.turn.over) await this.#parts.turn.next();
      if (this.#state !== 'receive') break;
      const frames = await this.#waitForMessage(socket);
      if (frames === 'none') continue;
      if (frames === undefined) return;
      this.#take(frames);
      if (socket.readable) await this.#receiveBurst(socket);
    }
    // Of a publisher that floods, a source that was held takes no more than it has to.
    if (!socket.closed && !(this.#held && this.#looksUp)) await this.#receiveBurst(socket);
    if (this.#looksUp && this.#state === 'stop') await this.#receiveRest(socket);
  }

  /**
   * Ends the connections of a bound PULL socket, and takes what they had brought: a pusher that asks, as a Penstock
   * publisher does, was told that it is here. What comes later was not, and is sent again.
   */
  async #receiveRest(socket: ReceivingSocket): Promise<void> {
    this.#drainFor(REST_TIMEOUT_MS);
    // To libzmq unbinding is the same; but zeromq.js does that in another thread.
    socket.disconnect(socket.lastEndpoint as string);
    await setTimeoutPromise(CUT_MS);
    await this.#receiveBurst(socket);
  }

  /** What the loop waits for; at the end only for commits. */
  get #room(): SourceIntake {
    return this.#state === 'stop' ? this.#parts.context.answering : this.#intake.into;
  }

  #drainFor(ms: number): void {
    clearTimeout(this.#deadline);
    this.#drainOver = false;
    this.#deadline = setTimeout(() => {
      this.#drainOver = true;
      this.#wake?.();
    }, ms);
  }

  /** The next message; `none` when it was waited for in vain; undefined when the socket was closed for a reason. */
  async #waitForMessage(socket: ReceivingSocket): Promise<Buffer[] | 'none' | undefined> {
    this.#idle = true;
    socket.receiveTimeout = this.#looksUp ? PULL_WAIT_MS : -1;
    try {
      return await socket.receive();
    } catch (error) {
      if (this.#looksUp && (error as NodeJS.ErrnoException).code === 'EAGAIN') return 'none';
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
    const { turn } = this.#parts;
    socket.receiveTimeout = 0;
    try {
      for (;;) {
        if (this.#room.saturated) await this.#untilWritable();
        if (turn.over) await turn.next();
        if (this.#drainOver) return;
        this.#take(await socket.receive());
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }

  #take(frames: readonly Buffer[]): void {
    this.#backoffMs = FIRST_BACKOFF_MS;
    this.#intake.take(frames);
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
    if (established) this.#intake.reject('size');
    if (this.#state !== 'receive') return;
    this.#state = 'reopen';
    this.#endIdleWait();
  }

  /** A loop that does not wait for the socket sees the state by itself, and drains the socket first. */
  #endIdleWait(): void {
    if (this.#idle) this.#open?.socket.close();
  }

  async #untilWritable(): Promise<void> {
    if (!this.#drainOver) await this.#wait((resolve) => void this.#room.writable().then(resolve, resolve));
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
