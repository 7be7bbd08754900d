// The warning about a bound socket that other machines can reach: what stands between them and what it is for.
import { isExposed } from '../endpoint.js';
import type { CurveSettings } from './options.js';

/**
 * What is to be said about a bound socket, or undefined when it is in nobody's reach, or only in that of some.
 *
 * @param can What whoever comes in can do, such as `can publish`.
 */
export function exposure(endpoint: string, curve: CurveSettings | undefined, can: string): string | undefined {
  if (!isExposed(endpoint)) return undefined;
  if (curve === undefined) {
    return (
      `${endpoint} is open to other machines, without encryption or authentication: whoever reaches it ${can}; ` +
      'bind 127.0.0.1 or ipc://, give it "curve", or let only trusted machines in'
    );
  }
  if (curve.allowedClients !== 'any') return undefined;
  return (
    `${endpoint} is open to other machines, encrypted but without authentication: whoever reaches it and knows its ` +
    `public key ${can}; list those who may in curve.allowedClients`
  );
}
