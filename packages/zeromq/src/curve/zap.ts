// The Z of ZAP (ZeroMQ RFC 27): what ZeroMQ asks about a client that wants to connect, and the answer. Each bound
// socket is a domain of its own with its own list, so that who is let in at one is not let in at another.
import { fingerprint, toZ85 } from './keys.js';

const VERSION = '1.0';
const KEY_BYTES = 32;

/** A client that asked to be let in. */
export interface Client {
  /** How its public key begins. */
  readonly fingerprint: string;
  /** Its name in the list of those allowed; empty where it has none there. */
  readonly name: string;
  /** Its IP address; empty over ipc. */
  readonly address: string;
}

/** Is told what becomes of those who want to connect to one socket. */
export interface GateReports {
  admitted(client: Client): void;
  refused(client: Client): void;
  /** The handler failed: from now on nobody is let in. */
  failed(error: unknown): void;
}

/** Who may come in at one socket. */
export interface Gate {
  /** Public keys in Z85, each with a name that may be empty. */
  readonly allowed: ReadonlyMap<string, string>;
  readonly reports: GateReports;
}

/**
 * The reply to one request, and word of it to the gate.
 *
 * @param request Frames as a ROUTER receives them: routing id, empty, version, request id, domain, address, routing
 *   id of the client, mechanism, and for CURVE the 32 bytes of its public key.
 * @returns Frames for the same ROUTER: status 200 or 400.
 */
export function answer(request: readonly Buffer[], gates: ReadonlyMap<string, Gate>): (Buffer | string)[] {
  const [peer = '', , version, id = '', domain = '', address = '', , mechanism, publicKey] = request;
  const reply = (status: '200' | '400', text: string) => [peer, '', VERSION, id, status, text, '', ''];
  const gate = gates.get(String(domain));
  const askable = String(version) === VERSION && String(mechanism) === 'CURVE' && publicKey?.length === KEY_BYTES;
  if (gate === undefined || !askable) return reply('400', 'not known here');
  const key = toZ85(publicKey);
  const name = gate.allowed.get(key);
  const client = { fingerprint: fingerprint(key), name: name ?? '', address: String(address) };
  if (name === undefined) {
    gate.reports.refused(client);
    return reply('400', 'this public key is not allowed');
  }
  gate.reports.admitted(client);
  return reply('200', 'OK');
}
