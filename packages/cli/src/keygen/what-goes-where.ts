// What `hub keygen` tells a person: the keys, which of them to keep and which to hand on, and the lines for a config.
import { fingerprint, type KeyPair } from '@penstock/zeromq/keys';
import type { KeyFiles } from './key-files.js';

/** @param files Where the keys were written; undefined when they are to be printed. */
export function whatGoesWhere({ publicKey, secretKey }: KeyPair, files: KeyFiles | undefined): string {
  const own = files === undefined ? `secretKey: ${quoted(secretKey)}` : `secretKeyFile: ${quoted(files.secretKeyFile)}`;
  return [
    `public key  ${publicKey}`,
    files === undefined ? `secret key  ${secretKey}` : `            also in ${files.publicKeyFile}`,
    ...(files === undefined ? [] : [`secret key  in ${files.secretKeyFile}, which only you may read`]),
    '',
    'The secret key stays with the socket that it is made for. The public key goes to',
    `whoever is at the other end; logs name it ${fingerprint(publicKey)}`,
    '',
    'If this is the socket that binds, its config is',
    `  curve: { ${own}, allowedClients: ['PUBLIC KEY OF A CLIENT'] }`,
    'and that of whoever connects to it, with a key pair of their own,',
    `  curve: { secretKeyFile: 'THEIR FILE', serverKey: ${quoted(publicKey)} }`,
    '',
    'If this is the socket that connects, its config is',
    `  curve: { ${own}, serverKey: 'PUBLIC KEY OF THE BOUND SOCKET' }`,
    'and the bound socket has to know it:',
    `  curve: { secretKeyFile: 'ITS FILE', allowedClients: [${quoted(publicKey)}] }`,
  ].join('\n');
}

/** Z85 has neither quotes nor backslashes, but a path may. */
const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
