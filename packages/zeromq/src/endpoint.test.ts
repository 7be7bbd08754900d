import { describe, expect, test } from 'vitest';
import { endpointProblem, isExposed, isIpv6 } from './endpoint.js';

describe('endpointProblem', () => {
  test.each([
    ['tcp://127.0.0.1:9940', 'connect'],
    ['tcp://[::1]:9940', 'connect'],
    ['tcp://bus.example.org:9940', 'connect'],
    ['tcp://10.0.0.1:0;10.0.0.2:9940', 'connect'],
    ['tcp://127.0.0.1:*', 'bind'],
    ['ipc:///run/bus.sock', 'bind'],
    ['inproc://bus', 'bind'],
  ] as const)('%s is one to %s', (endpoint, how) => {
    expect(endpointProblem(endpoint, how)).toBeUndefined();
  });

  test.each([
    ['', 'bind', 'must be an endpoint'],
    ['127.0.0.1:9940', 'bind', 'must be an endpoint'],
    ['tcp://127.0.0.1', 'bind', 'must be an endpoint'],
    ['udp://127.0.0.1:9940', 'bind', 'must be an endpoint'],
    ['ipc://', 'bind', 'must be an endpoint'],
    ['tcp://127.0.0.1:*', 'connect', 'must name the port'],
    ['tcp://127.0.0.1:70000', 'bind', 'up to 65535'],
  ] as const)('"%s" is none to %s', (endpoint, how, problem) => {
    expect(endpointProblem(endpoint, how)).toContain(problem);
  });
});

describe('isExposed', () => {
  test.each([
    'tcp://*:9940',
    'tcp://0.0.0.0:9940',
    'tcp://[::]:9940',
    'tcp://192.168.1.4:9940',
    'tcp://203.0.113.9:9940',
    'tcp://eth0:9940',
    'tcp://127.example.org:9940',
  ])('%s is open to other machines', (endpoint) => {
    expect(isExposed(endpoint)).toBe(true);
  });

  test.each([
    'tcp://127.0.0.1:9940',
    'tcp://127.9.9.9:9940',
    'tcp://localhost:9940',
    'tcp://lo:9940',
    'tcp://[::1]:9940',
    'ipc:///run/bus.sock',
    'inproc://bus',
  ])('%s is not', (endpoint) => {
    expect(isExposed(endpoint)).toBe(false);
  });
});

test('an IPv6 literal is known by its brackets', () => {
  expect(isIpv6('tcp://[::1]:9940')).toBe(true);
  expect(isIpv6('tcp://127.0.0.1:9940')).toBe(false);
});
