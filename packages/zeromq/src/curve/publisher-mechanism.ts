// Chooses how the connections of a publisher are secured, and reads its keys: in the publisher's thread, when it opens.
import { type Mechanism, NullMechanism, type PublishingType } from '../publisher/mechanism.js';
import { CurveClientMechanism } from './client-mechanism.js';
import { readCredentials } from './credentials.js';
import type { CurveSettings } from './options.js';
import { CurveServerMechanism } from './server-mechanism.js';

/**
 * What makes the handshake of each connection of one publisher.
 *
 * @param settings `curve` of the socket's options, checked; undefined for a plain socket.
 * @throws CurveError naming the file of keys, what is wrong with it, and what to do.
 */
export function mechanismMaker(
  type: PublishingType,
  settings: CurveSettings | undefined,
): (address: string) => Mechanism {
  if (settings === undefined) return () => new NullMechanism(type);
  const credentials = readCredentials(settings);
  if (credentials.role === 'client') return () => new CurveClientMechanism(type, credentials);
  return (address) => new CurveServerMechanism(type, credentials, address);
}
