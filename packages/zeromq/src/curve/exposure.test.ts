import { describe, expect, test } from 'vitest';
import { exposure } from './exposure.js';

const OPEN = 'tcp://0.0.0.0:9941';
const CAN = 'can publish';
const keys = { secretKeyFile: 'hub.key' };

describe('a socket that other machines can reach is warned about', () => {
  test.each([
    ['without keys', undefined, 'without encryption or authentication: whoever reaches it can publish'],
    ['with keys and no list', { ...keys, allowedClients: 'any' as const }, 'encrypted but without authentication'],
  ])('%s', (_what, curve, message) => {
    expect(exposure(OPEN, curve, CAN)).toContain(message);
  });
});

describe('a socket is not warned about', () => {
  test.each([
    ['with a list in the config', OPEN, { ...keys, allowedClients: ['key'] }],
    ['with a list in a file', OPEN, { ...keys, allowedClientsFile: 'clients' }],
    ['that only this machine can reach', 'tcp://127.0.0.1:9941', undefined],
  ])('%s', (_what, endpoint, curve) => {
    expect(exposure(endpoint, curve, CAN)).toBeUndefined();
  });
});
