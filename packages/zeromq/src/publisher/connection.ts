// One connection to a receiver: greeting, handshake, then messages out and a few commands in. It is plain sockets of
// Node's, so that ending the thread ends it at any moment without harm.
import type { Socket } from 'node:net';
import { FrameReader } from './frame-reader.js';
import { FrameWriter, type OutgoingFrames } from './frame-writer.js';
import { type Mechanism, type PublishingType, RefusalError } from './mechanism.js';
import type { Outlet } from './sender.js';
import { commandBody, Flag, greeting, mechanismOf, parseCommand, quoted, ZmtpError } from './zmtp-wire.js';

/** How long the other end may take to come to the end of the handshake. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

const KEEPALIVE_IDLE_MS = 60_000;

const RECEIVERS: Readonly<Record<PublishingType, readonly string[]>> = { PUSH: ['PULL'], PUB: ['SUB', 'XSUB'] };

/**
 * Time to live 0, so that the receiver expects no further PING; and no context, since one is on its way at most and
 * libzmq 4.2 does not give a context back.
 */
const PING = commandBody('PING', Buffer.alloc(2));

const EMPTY = Buffer.alloc(0);

export interface ConnectionOptions {
  readonly type: PublishingType;
  readonly mechanism: Mechanism;
  /** How much may wait for the system to take it before the connection counts as full, in bytes. */
  readonly bufferBytes: number;
}

/** Told in the order in which things happen; `closed` once, and last. */
export interface ConnectionEvents {
  /** The handshake is over: messages can be sent. */
  ready(): void;
  /** The receiver has come to a PING: all that was sent before it is in the receiver's memory. */
  pong(): void;
  /** A subscriber wants topics that begin so, or no longer. */
  subscription(wanted: boolean, prefix: Buffer): void;
  /** It is no longer full. */
  drained(): void;
  /** @param problem Why, in words; undefined for a connection that was simply ended. */
  closed(problem: string | undefined): void;
}

export class Connection implements Outlet {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  readonly #writer: FrameWriter;
  readonly #handshakeTimer: NodeJS.Timeout;
  #state: 'greeting' | 'handshake' | 'ready' | 'closed' = 'greeting';
  #problem: string | undefined;

  /** @param socket A socket that is connected. */
  constructor(socket: Socket, options: ConnectionOptions, events: ConnectionEvents) {
    this.#socket = socket;
    this.#options = options;
    this.#events = events;
    this.#writer = new FrameWriter((bytes) => this.#socket.write(bytes));
    this.#handshakeTimer = setTimeout(() => {
      this.fail(new ZmtpError(`it did not end the handshake within ${HANDSHAKE_TIMEOUT_MS / 1_000} s`));
    }, HANDSHAKE_TIMEOUT_MS);
    const reader = new FrameReader(
      (bytes) => this.#takeGreeting(bytes),
      (flags, body) => this.#takeFrame(flags, body),
    );
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEPALIVE_IDLE_MS);
    socket.on('data', (bytes: Buffer) => this.#take(reader, bytes));
    socket.on('drain', () => this.#events.drained());
    socket.on('error', (error) => {
      this.#problem ??= error.message;
    });
    socket.on('close', () => this.#close());
    socket.write(greeting(options.mechanism.name, options.mechanism.asServer));
  }

  /** Whether the handshake is over, and the connection stands. */
  get ready(): boolean {
    return this.#state === 'ready';
  }

  get full(): boolean {
    return this.#socket.writableLength > this.#options.bufferBytes;
  }

  send(message: OutgoingFrames): void {
    this.#writer.message(message);
  }

  ping(): void {
    this.#writer.command(PING);
  }

  flush(): void {
    this.#writer.flush();
  }

  whenTaken(callback: () => void): void {
    this.#socket.write(EMPTY, (error) => {
      if (error === undefined || error === null) callback();
    });
  }

  /** Sees off what was sent, and ends the connection. */
  end(): void {
    this.flush();
    this.#socket.end();
  }

  /** Ends the connection at once; what the system has not taken is gone. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Ends the connection for what its peer did. Throws what is no such thing. */
  fail(error: unknown): void {
    if (!(error instanceof ZmtpError)) throw error;
    this.#problem ??= error.message;
    if (error instanceof RefusalError) this.#socket.end(error.frame, () => this.#socket.destroy());
    else this.#socket.destroy();
  }

  #takeGreeting(bytes: Buffer): void {
    const { mechanism } = this.#options;
    const theirs = mechanismOf(bytes);
    if (theirs !== mechanism.name) {
      throw new ZmtpError(`it wants ${quoted(theirs) || 'no mechanism'}, and this end is set to ${mechanism.name}`);
    }
    this.#state = 'handshake';
    const first = mechanism.begin();
    if (first !== undefined) this.#socket.write(first);
  }

  #takeFrame(flags: number, body: Buffer): void {
    if (this.#state === 'ready') {
      const opened = this.#options.mechanism.box?.open(body) ?? { flags, body };
      if ((opened.flags & Flag.COMMAND) !== 0) this.#takeCommand(opened.body);
      else this.#takeSubscription(opened.body[0], opened.body.subarray(1));
    } else if ((flags & Flag.COMMAND) !== 0) this.#shakeHands(body);
    else throw new ZmtpError('it sent a message before the handshake was over');
  }

  #shakeHands(body: Buffer): void {
    const { type, mechanism } = this.#options;
    const { frame, peerType } = mechanism.answer(body);
    if (frame !== undefined) this.#socket.write(frame);
    if (peerType === undefined) return;
    const wanted = RECEIVERS[type];
    if (!wanted.includes(peerType)) {
      throw new ZmtpError(
        `it is a ${quoted(peerType) || 'nameless'} socket; a ${type} speaks to ${wanted.join(' or ')}`,
      );
    }
    clearTimeout(this.#handshakeTimer);
    if (mechanism.box !== undefined) this.#writer.sealWith(mechanism.box);
    this.#state = 'ready';
    this.#events.ready();
  }

  #takeCommand(body: Buffer): void {
    const { name, data } = parseCommand(body);
    switch (name) {
      case 'PING':
        // What follows the time to live is to be given back. Whoever does not read needs no answer: that this end
        // lives is told by what waits for it.
        if (!this.full) this.#writer.command(commandBody('PONG', data.subarray(2)));
        break;
      case 'PONG':
        // With a context it is the answer to no PING of ours.
        if (data.length === 0) this.#events.pong();
        break;
      case 'SUBSCRIBE':
        this.#events.subscription(true, data);
        break;
      case 'CANCEL':
        this.#events.subscription(false, data);
        break;
      case 'ERROR':
        throw new ZmtpError(`it reported an error: ${quoted(data.toString('latin1', 1))}`);
    }
  }

  /** Before ZMTP 3.1 a subscription is a message; anything else that a receiver sends means nothing. */
  #takeSubscription(kind: number | undefined, prefix: Buffer): void {
    if (kind === 1 || kind === 0) this.#events.subscription(kind === 1, prefix);
  }

  /** ZeroMQ's sockets say nothing of why: they just go. */
  #endedEarly(): string {
    const { name } = this.#options.mechanism;
    return `it ended the connection in the handshake: perhaps it has no ${name}${name === 'CURVE' ? ', or other keys' : ''}`;
  }

  /** Answers go out together, so that a peer cannot make many small writes of many small commands. */
  #take(reader: FrameReader, bytes: Buffer): void {
    if (this.#problem !== undefined) return;
    try {
      reader.push(bytes);
      this.flush();
    } catch (error) {
      this.fail(error);
    }
  }

  #close(): void {
    if (this.#state === 'closed') return;
    if (this.#state !== 'ready') this.#problem ??= this.#endedEarly();
    this.#state = 'closed';
    clearTimeout(this.#handshakeTimer);
    this.#events.closed(this.#problem);
  }
}
