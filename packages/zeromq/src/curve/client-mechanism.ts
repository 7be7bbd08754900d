// CurveZMQ's handshake (ZeroMQ RFC 26) from the end that connects: HELLO, WELCOME, INITIATE, READY. Both ends make keys
// for this connection alone, so that what is recorded today cannot be read with a key that is stolen tomorrow.
import nacl from 'tweetnacl';
import type { Answer, Mechanism, PublishingType } from '../publisher/mechanism.js';
import {
  command,
  parseCommand,
  parseProperties,
  properties,
  quoted,
  refusal,
  ZmtpError,
} from '../publisher/zmtp-wire.js';
import { CurveFrameBox, KEY_BYTES, nonceOf, openBox, SHORT_NONCE_BYTES, ShortNonces } from './curve-box.js';
import { fromZ85 } from './keys.js';

const HELLO_PADDING_BYTES = 72;
const SIGNATURE_BYTES = 64;
const WELCOME_BYTES = 160;
const LONG_NONCE_BYTES = 16;

const WRONG_SERVER = 'it has another public key than curve.serverKey';

/** Keys as 40 characters in Z85. */
export interface ClientKeys {
  readonly secretKey: string;
  readonly publicKey: string;
  readonly serverKey: string;
}

export class CurveClientMechanism implements Mechanism {
  readonly name = 'CURVE';
  readonly asServer = false;
  readonly #type: PublishingType;
  readonly #secretKey: Buffer;
  readonly #publicKey: Buffer;
  readonly #serverKey: Buffer;
  /** Of this connection alone. */
  readonly #ours = nacl.box.keyPair();
  readonly #nonces = new ShortNonces();
  #shared: Uint8Array | undefined;
  #box: CurveFrameBox | undefined;

  constructor(type: PublishingType, { secretKey, publicKey, serverKey }: ClientKeys) {
    this.#type = type;
    this.#secretKey = fromZ85(secretKey);
    this.#publicKey = fromZ85(publicKey);
    this.#serverKey = fromZ85(serverKey);
  }

  get box(): CurveFrameBox | undefined {
    return this.#box;
  }

  begin(): Buffer {
    const shortNonce = this.#nonces.next();
    const nonce = nonceOf('CurveZMQHELLO---', shortNonce);
    const signature = nacl.box(new Uint8Array(SIGNATURE_BYTES), nonce, this.#serverKey, this.#ours.secretKey);
    const version = [Buffer.of(1, 0), Buffer.alloc(HELLO_PADDING_BYTES)];
    return command('HELLO', Buffer.concat([...version, this.#ours.publicKey, shortNonce, signature]));
  }

  answer(body: Buffer): Answer {
    const { name, data } = parseCommand(body);
    if (name === 'ERROR') throw refusal(data);
    if (name === 'WELCOME' && this.#shared === undefined) return { frame: this.#initiate(data) };
    if (name === 'READY' && this.#shared !== undefined) return this.#ready(data, this.#shared);
    throw new ZmtpError(`it sent ${quoted(name)} where ${this.#shared === undefined ? 'WELCOME' : 'READY'} was due`);
  }

  #initiate(welcome: Buffer): Buffer {
    if (welcome.length !== WELCOME_BYTES) throw new ZmtpError('its WELCOME has a wrong length');
    const welcomeNonce = nonceOf('WELCOME-', welcome.subarray(0, LONG_NONCE_BYTES));
    const known = nacl.box.before(this.#serverKey, this.#ours.secretKey);
    const content = openBox(welcome.subarray(LONG_NONCE_BYTES), welcomeNonce, known, WRONG_SERVER);
    const theirs = content.subarray(0, KEY_BYTES);
    const cookie = content.subarray(KEY_BYTES);
    const shared = nacl.box.before(theirs, this.#ours.secretKey);
    this.#shared = shared;
    // That this connection's key is of the owner of the long-term key, in a form that serves for nobody else.
    const vouchNonce = nacl.randomBytes(LONG_NONCE_BYTES);
    const vouched = Buffer.concat([this.#ours.publicKey, this.#serverKey]);
    const vouch = nacl.box(vouched, nonceOf('VOUCH---', vouchNonce), theirs, this.#secretKey);
    const metadata = properties({ 'Socket-Type': this.#type });
    const shortNonce = this.#nonces.next();
    const plain = Buffer.concat([this.#publicKey, vouchNonce, vouch, metadata]);
    const box = nacl.box.after(plain, nonceOf('CurveZMQINITIATE', shortNonce), shared);
    return command('INITIATE', Buffer.concat([cookie, shortNonce, box]));
  }

  #ready(data: Buffer, shared: Uint8Array): Answer {
    if (data.length < SHORT_NONCE_BYTES) throw new ZmtpError('its READY is cut off');
    const shortNonce = data.subarray(0, SHORT_NONCE_BYTES);
    const nonce = nonceOf('CurveZMQREADY---', shortNonce);
    const metadata = openBox(data.subarray(SHORT_NONCE_BYTES), nonce, shared, 'its READY is under another key');
    this.#box = new CurveFrameBox(shared, 'client', this.#nonces, shortNonce.readBigUInt64BE());
    return { peerType: parseProperties(metadata).get('socket-type') ?? '' };
  }
}
