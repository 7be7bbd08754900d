// What a socket brings to a CURVE handshake: its keys, read from their files where they are in files, and who may
// connect to it.
import { CurveError } from './curve-error.js';
import { readKeyList, readPublicKey, readSecretKey } from './key-files.js';
import { pairProblem, publicKeyOf } from './keys.js';
import type { CurveSettings } from './options.js';

/** Public keys that may connect, each with a name that may be empty; or everybody. */
export type AllowedClients = ReadonlyMap<string, string> | 'any';

/** All keys as 40 characters in Z85. */
export type Credentials =
  | { readonly role: 'client'; readonly secretKey: string; readonly publicKey: string; readonly serverKey: string }
  | { readonly role: 'server'; readonly secretKey: string; readonly allowed: AllowedClients };

/**
 * Takes the keys out of checked options, and reads the files that these name.
 *
 * @throws CurveError naming the file, what is wrong with it, and what to do.
 */
export function readCredentials(settings: CurveSettings): Credentials {
  const secretKey = settings.secretKey ?? readSecretKey(settings.secretKeyFile ?? '');
  const wrong = pairProblem(secretKey, settings.publicKey);
  if (wrong !== undefined) throw new CurveError(`curve.secretKeyFile: the key in ${settings.secretKeyFile} ${wrong}`);
  const { serverKey, serverKeyFile } = settings;
  if (serverKey === undefined && serverKeyFile === undefined) {
    return { role: 'server', secretKey, allowed: allowedOf(settings) };
  }
  return {
    role: 'client',
    secretKey,
    publicKey: publicKeyOf(secretKey),
    serverKey: serverKey ?? readPublicKey('serverKeyFile', serverKeyFile ?? ''),
  };
}

function allowedOf({ allowedClients, allowedClientsFile }: CurveSettings): AllowedClients {
  if (allowedClients === 'any') return 'any';
  if (allowedClients !== undefined) return new Map(allowedClients.map((key) => [key, '']));
  return readKeyList('allowedClientsFile', allowedClientsFile ?? '');
}
