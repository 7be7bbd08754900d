// Says who was let in at a bound CURVE socket and who was not: in counters by reason, and in log lines that no
// flood of strangers can multiply.
import type { Logger } from '@penstock/hub/source';
import { RateLimitedLog } from '../rate-limited-log.js';
import type { Client, GateReports } from './zap.js';

const LOG_INTERVAL_MS = 10_000;

/**
 * Why a connection did not come about. `unauthorized`: its public key is not among those allowed. `handshake`: it
 * had no CURVE, or not the public key of this socket, or did not speak ZeroMQ at all.
 */
export type RefusalReason = 'unauthorized' | 'handshake';

/** One for each bound socket. */
export class Admission implements GateReports {
  readonly #endpoint: string;
  readonly #where: string;
  readonly #log: Logger;
  readonly #count: (reason: RefusalReason) => void;
  readonly #lines: RateLimitedLog;

  /**
   * @param socket Its endpoint, and where in the options it stands.
   * @param log Where lines go.
   * @param count Counts one connection that was refused.
   */
  constructor(socket: { endpoint: string; where: string }, log: Logger, count: (reason: RefusalReason) => void) {
    this.#endpoint = socket.endpoint;
    this.#where = socket.where;
    this.#log = log;
    this.#count = count;
    this.#lines = new RateLimitedLog((text, fields, times) => {
      log.warn(times === 1 ? text : `${text} (the last of ${times} since the last such line)`, { ...fields, times });
    }, LOG_INTERVAL_MS);
  }

  admitted({ fingerprint, name, address }: Client): void {
    const fields = { socket: this.#where, key: fingerprint, address, ...(name === '' ? {} : { client: name }) };
    this.#log.debug(`${this.#endpoint}: a client was admitted`, fields);
  }

  refused({ fingerprint, address }: Client): void {
    this.#count('unauthorized');
    this.#lines.note('unauthorized', `${this.#endpoint}: refused a client whose public key is not allowed`, {
      socket: this.#where,
      key: fingerprint,
      address,
    });
  }

  /** A connection ended in its handshake, before it came to its public key. */
  brokenHandshake(message: string): void {
    this.#count('handshake');
    const why = 'refused a connection without CURVE, or with another serverKey than the public key of this socket';
    this.#lines.note('handshake', `${this.#endpoint}: ${why} (${message})`, { socket: this.#where });
  }

  failed(error: unknown): void {
    this.#log.error(
      `${this.#endpoint}: no client is admitted any more until the hub is started again: ${String(error)}`,
    );
  }

  /** Writes what the rate limit held back, for the end. */
  flush(): void {
    this.#lines.flush();
  }
}
