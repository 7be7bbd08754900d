// CurveZMQ's handshake (ZeroMQ RFC 26) from the end that is bound: it admits whose long-term public key is allowed.
// The handler that ZeroMQ's own sockets need for that has no part in it: here the list itself is asked.
import nacl from 'tweetnacl';
import { type Answer, type Mechanism, type PublishingType, RefusalError } from '../publisher/mechanism.js';
import { command, parseCommand, parseProperties, properties, quoted, ZmtpError } from '../publisher/zmtp-wire.js';
import type { AllowedClients } from './credentials.js';
import { BOX_BYTES, CurveFrameBox, KEY_BYTES, nonceOf, openBox, SHORT_NONCE_BYTES, ShortNonces } from './curve-box.js';
import { fingerprint, fromZ85, publicKeyOf, toZ85 } from './keys.js';

const HELLO_BYTES = 194;
const HELLO_KEY_AT = 74;
const COOKIE_BYTES = 96;
const LONG_NONCE_BYTES = 16;
const VOUCH_BYTES = 2 * KEY_BYTES + BOX_BYTES;

const WRONG_SERVER = 'it was told another public key than that of this socket';
/** As a ZAP handler would have it said, which clients know to mean that trying again is of no use. */
const UNAUTHORIZED = '400';

export interface ServerGate {
  /** 40 characters in Z85. */
  readonly secretKey: string;
  readonly allowed: AllowedClients;
}

/** The keys of one connection alone. */
interface ConnectionKeys {
  readonly theirs: Buffer;
  readonly ours: nacl.BoxKeyPair;
}

export class CurveServerMechanism implements Mechanism {
  readonly name = 'CURVE';
  readonly asServer = true;
  readonly #type: PublishingType;
  readonly #gate: ServerGate;
  readonly #address: string;
  readonly #nonces = new ShortNonces();
  /** Says that INITIATE belongs to the HELLO before it. It need hold nothing, since this end remembers that itself. */
  readonly #cookie = Buffer.from(nacl.randomBytes(COOKIE_BYTES));
  #keys: ConnectionKeys | undefined;
  #box: CurveFrameBox | undefined;

  /** @param address Whom the connection comes from, to say it where it is refused. */
  constructor(type: PublishingType, gate: ServerGate, address: string) {
    this.#type = type;
    this.#gate = gate;
    this.#address = address;
  }

  get box(): CurveFrameBox | undefined {
    return this.#box;
  }

  begin(): undefined {}

  answer(body: Buffer): Answer {
    const { name, data } = parseCommand(body);
    if (name === 'HELLO' && this.#keys === undefined) return { frame: this.#welcome(data) };
    if (name === 'INITIATE' && this.#keys !== undefined) return this.#ready(data, this.#keys);
    throw new ZmtpError(`it sent ${quoted(name)} where ${this.#keys === undefined ? 'HELLO' : 'INITIATE'} was due`);
  }

  #welcome(hello: Buffer): Buffer {
    if (hello.length !== HELLO_BYTES || hello[0] !== 1 || hello[1] !== 0)
      throw new ZmtpError('its HELLO is none of CurveZMQ 1');
    // A copy: the bytes it lies in are those of what arrived.
    const theirs = Buffer.from(hello.subarray(HELLO_KEY_AT, HELLO_KEY_AT + KEY_BYTES));
    const nonceAt = HELLO_KEY_AT + KEY_BYTES;
    const nonce = nonceOf('CurveZMQHELLO---', hello.subarray(nonceAt, nonceAt + SHORT_NONCE_BYTES));
    const shared = nacl.box.before(theirs, fromZ85(this.#gate.secretKey));
    openBox(hello.subarray(nonceAt + SHORT_NONCE_BYTES), nonce, shared, WRONG_SERVER);
    // To make a key takes a millisecond: only for those who have shown that they know this socket.
    const ours = nacl.box.keyPair();
    this.#keys = { theirs, ours };
    const welcomeNonce = nacl.randomBytes(LONG_NONCE_BYTES);
    const content = Buffer.concat([ours.publicKey, this.#cookie]);
    const box = nacl.box.after(content, nonceOf('WELCOME-', welcomeNonce), shared);
    return command('WELCOME', Buffer.concat([welcomeNonce, box]));
  }

  #ready(initiate: Buffer, keys: ConnectionKeys): Answer {
    const nonceAt = COOKIE_BYTES;
    const boxAt = nonceAt + SHORT_NONCE_BYTES;
    if (initiate.length < boxAt || !initiate.subarray(0, nonceAt).equals(this.#cookie)) {
      throw new ZmtpError('its INITIATE has a wrong cookie');
    }
    const shared = nacl.box.before(keys.theirs, keys.ours.secretKey);
    const nonce = nonceOf('CurveZMQINITIATE', initiate.subarray(nonceAt, boxAt));
    const content = openBox(initiate.subarray(boxAt), nonce, shared, 'its INITIATE is under another key');
    const metadataAt = KEY_BYTES + LONG_NONCE_BYTES + VOUCH_BYTES;
    if (content.length < metadataAt) throw new ZmtpError('its INITIATE is cut off');
    const publicKey = content.subarray(0, KEY_BYTES);
    this.#checkVouch(publicKey, content.subarray(KEY_BYTES, metadataAt), keys);
    this.#admit(toZ85(publicKey));
    this.#box = new CurveFrameBox(shared, 'server', this.#nonces, initiate.readBigUInt64BE(nonceAt));
    const shortNonce = this.#nonces.next();
    const metadata = properties({ 'Socket-Type': this.#type });
    const box = nacl.box.after(metadata, nonceOf('CurveZMQREADY---', shortNonce), shared);
    const peerType = parseProperties(content.subarray(metadataAt)).get('socket-type') ?? '';
    return { frame: command('READY', Buffer.concat([shortNonce, box])), peerType };
  }

  /** Whoever has the secret key has said that this connection's key is its own, and meant it for this socket. */
  #checkVouch(publicKey: Buffer, vouch: Buffer, { theirs, ours }: ConnectionKeys): void {
    const forged = 'it does not have the secret key of the public key that it gives';
    const nonce = nonceOf('VOUCH---', vouch.subarray(0, LONG_NONCE_BYTES));
    const shared = nacl.box.before(publicKey, ours.secretKey);
    const vouched = openBox(vouch.subarray(LONG_NONCE_BYTES), nonce, shared, forged);
    const expected = Buffer.concat([theirs, fromZ85(publicKeyOf(this.#gate.secretKey))]);
    if (!vouched.equals(expected)) throw new ZmtpError(forged);
  }

  #admit(key: string): void {
    const { allowed } = this.#gate;
    if (allowed === 'any' || allowed.has(key)) return;
    const reason = Buffer.from(`\x03${UNAUTHORIZED}`, 'latin1');
    const from = this.#address === '' ? '' : `, of ${this.#address},`;
    throw new RefusalError(`its public key ${fingerprint(key)}${from} is not allowed`, command('ERROR', reason));
  }
}
