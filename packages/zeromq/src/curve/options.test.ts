import { describe, expect, test } from 'vitest';
import { type ZeromqOptions, zeromq } from '../index.js';
import { generateKeyPair } from './keys.js';
import type { CurveOptions } from './options.js';

const ours = generateKeyPair();
const theirs = generateKeyPair();
const ENDPOINT = 'tcp://127.0.0.1:9941';

const bound = (curve: object): ZeromqOptions => ({ pull: [{ bind: ENDPOINT, curve: curve as CurveOptions }] });
const connected = (curve: object): ZeromqOptions => ({
  subscribe: [{ connect: ENDPOINT, curve: curve as CurveOptions }],
});

describe('curve is taken', () => {
  test.each([
    ['connecting, with a pair', connected({ serverKey: theirs.publicKey, ...ours })],
    ['connecting, without the public key, which follows', connected({ serverKey: theirs.publicKey, secretKey: 'x' })],
    ['connecting, from files', connected({ serverKeyFile: 'server.pub', secretKeyFile: 'client.key' })],
    ['bound, with a list', bound({ secretKey: ours.secretKey, allowedClients: [theirs.publicKey] })],
    ['bound, open to any when told so', bound({ secretKey: ours.secretKey, allowedClients: 'any' })],
    ['bound, from files', bound({ secretKeyFile: 'hub.key', allowedClientsFile: 'clients' })],
  ])('%s', (_what, options) => {
    const text = JSON.stringify(options).replace('"secretKey":"x"', `"secretKey":${JSON.stringify(ours.secretKey)}`);
    expect(() => zeromq(JSON.parse(text) as ZeromqOptions)).not.toThrow();
  });
});

describe('curve is refused', () => {
  const { secretKey } = ours;
  const cut = secretKey.slice(1);
  test.each([
    [
      'a secret key that is too short',
      bound({ secretKey: cut, allowedClients: 'any' }),
      'curve.secretKey: must be a key',
    ],
    [
      'a client that is no key',
      bound({ secretKey, allowedClients: ['ada'] }),
      'curve.allowedClients[0]: must be a key',
    ],
    ['an empty list', bound({ secretKey, allowedClients: [] }), 'curve.allowedClients: must have at least one key'],
    [
      'a word that is not "any"',
      bound({ secretKey, allowedClients: 'all' }),
      'must be a list of public keys, or "any"',
    ],
    ['no secret key', bound({ allowedClients: 'any' }), 'exactly one of "secretKey" and "secretKeyFile"'],
    ['two secret keys', bound({ secretKey, secretKeyFile: 'k', allowedClients: 'any' }), 'one of "secretKey" and'],
    ['no word on who may connect', bound({ secretKey }), 'exactly one of "allowedClients" and "allowedClientsFile"'],
    ['no server key', connected({ ...ours }), 'exactly one of "serverKey" and "serverKeyFile"'],
    [
      'a server key where it binds',
      bound({ secretKey, allowedClients: 'any', serverKey: theirs.publicKey }),
      'curve.serverKey: must be left out by a socket that binds',
    ],
    [
      'a list where it connects',
      connected({ ...ours, serverKey: theirs.publicKey, allowedClients: 'any' }),
      'curve.allowedClients: must be left out by a socket that connects',
    ],
    [
      'keys that are no pair',
      connected({ secretKey, publicKey: theirs.publicKey, serverKey: theirs.publicKey }),
      'curve.secretKey: does not belong to publicKey',
    ],
    [
      'keys that are exchanged',
      connected({ secretKey: ours.publicKey, publicKey: secretKey, serverKey: theirs.publicKey }),
      'curve.secretKey: is a public key, and publicKey the secret one',
    ],
    [
      'a pair of which one is no key',
      connected({ secretKey, publicKey: 'mine', serverKey: theirs.publicKey }),
      'curve.publicKey: must be a key',
    ],
    [
      'an endpoint inside the process',
      { pull: [{ bind: 'inproc://bus', curve: { secretKey, allowedClients: 'any' as const } }] },
      'must be left out with inproc://',
    ],
    ['an option that is misspelt', bound({ secretKey, allowedClient: 'any' }), 'did you mean "allowedClients"?'],
  ])('%s, without the secret key in the message', (_what, options, message) => {
    const make = () => zeromq(options);
    expect(make).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) }),
    );
    expect(make).not.toThrow(secretKey.slice(5, 20));
  });
});
