// How the two ends of a connection make sure of each other before the first message: ZMTP's security mechanism.
// NULL does not; what CURVE adds to it, in ../curve/, stands behind the same interface.
import { command, parseCommand, parseProperties, properties, quoted, refusal, ZmtpError } from './zmtp-wire.js';

export type PublishingType = 'PUSH' | 'PUB';

/** A step of a handshake: the frame to answer with, if any; and the peer's socket type once the handshake is over. */
export interface Answer {
  readonly frame?: Buffer;
  readonly peerType?: string;
}

/** A frame as it was before it was encrypted. */
export interface OpenedFrame {
  /** Of {@link Flag}: MORE and COMMAND. */
  readonly flags: number;
  readonly body: Buffer;
}

/** Encrypts what goes out on one connection, and decrypts what comes in. */
export interface FrameBox {
  /** The whole frame that is to be sent for this one. */
  seal(flags: number, body: Uint8Array): Buffer;
  /** @throws ZmtpError for a frame that was not made with the keys of this connection. */
  open(body: Buffer): OpenedFrame;
}

/** The peer is not let in, and is to be told so before its connection ends. */
export class RefusalError extends ZmtpError {
  /** An ERROR command. */
  readonly frame: Buffer;

  constructor(message: string, frame: Buffer) {
    super(message);
    this.frame = frame;
  }
}

/** One connection's handshake, and what its frames go through afterwards. */
export interface Mechanism {
  /** As the greeting names it. */
  readonly name: string;
  readonly asServer: boolean;
  /** What all frames go through once the handshake is over; undefined when they go as they are. */
  readonly box?: FrameBox | undefined;
  /** The frame to begin with when the greetings are exchanged; undefined when the peer begins. */
  begin(): Buffer | undefined;
  /**
   * Takes the peer's next command.
   *
   * @throws ZmtpError when there is no agreement.
   */
  answer(body: Buffer): Answer;
}

/** No encryption and no authentication. */
export class NullMechanism implements Mechanism {
  readonly name = 'NULL';
  readonly asServer = false;
  readonly #type: PublishingType;

  constructor(type: PublishingType) {
    this.#type = type;
  }

  begin(): Buffer {
    return command('READY', properties({ 'Socket-Type': this.#type }));
  }

  answer(body: Buffer): { peerType: string } {
    const { name, data } = parseCommand(body);
    if (name === 'ERROR') throw refusal(data);
    if (name !== 'READY') throw new ZmtpError(`it sent ${quoted(name)} where READY was due`);
    return { peerType: parseProperties(data).get('socket-type') ?? '' };
  }
}
