import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { zeromqPublisher } from '../index.js';
import { planOptions, publisherSchema } from './options.js';

const problemOf = (options: unknown): string => {
  try {
    zeromqPublisher(options as Parameters<typeof zeromqPublisher>[0]);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

const topics = ['a.>'];

test('a publisher is a consumer of one thread, in plain data', () => {
  const entry = zeromqPublisher({ push: { connect: 'tcp://127.0.0.1:9940', inFlight: 50 }, topics });
  expect(entry).toMatchObject({ topics, threads: 1, concurrency: 50 });
  expect(entry.module).toMatch(/^file:.*publisher\.[jt]s$/);
  expect(structuredClone(entry)).toEqual(entry);
});

test('a PUB has one delivery in flight, and startFrom is handed on', () => {
  const entry = zeromqPublisher({ pub: { bind: 'tcp://127.0.0.1:9940' }, topics, startFrom: 'earliest' });
  expect(entry).toMatchObject({ concurrency: 1, startFrom: 'earliest', options: { type: 'PUB', how: 'bind' } });
});

describe('says what is wrong:', () => {
  test.each([
    [{ topics }, 'must have exactly one of "push" and "pub"'],
    [{ push: {}, topics }, 'push: must have exactly one of "connect" and "bind"'],
    [{ push: { connect: 'tcp://a:1', bind: 'tcp://a:1' }, topics }, 'exactly one of "connect" and "bind"'],
    [{ push: { connect: 'tcp://a:1' }, pub: { bind: 'tcp://a:1' }, topics }, 'exactly one of "push" and "pub"'],
    [{ push: { connect: 'tcp://a:1' } }, 'topics: must be a list of topic patterns'],
    [{ push: { connect: 'inproc://a' }, topics }, 'push.connect: must be tcp:// or ipc://'],
    [{ push: { connect: 'ipc://@a' }, topics }, 'push.connect: must be a path'],
    [{ push: { bind: `ipc:///${'x'.repeat(107)}` }, topics }, 'push.bind: must be a path of at most 10'],
    [{ push: { connect: ['tcp://a:1', 'nonsense'] }, topics }, 'push.connect[1]: must be an endpoint'],
    [{ push: { conect: 'tcp://a:1' }, topics }, 'unknown key "push.conect"; did you mean "connect"?'],
    [{ push: { connect: 'tcp://a:1', noDrop: true }, topics }, 'unknown key "push.noDrop"'],
    [{ push: { connect: 'tcp://a:1', inFlight: 0 }, topics }, 'push.inFlight: must be a whole number from 1 to 10000'],
    [
      { pub: { bind: 'tcp://a:1', reconnectIntervalMs: 9, reconnectMaxIntervalMs: 8 }, topics },
      'pub.reconnectMaxIntervalMs: must be at least reconnectIntervalMs (9)',
    ],
  ])('%j', (options, problem) => {
    expect(problemOf(options)).toContain(problem);
    expect(problemOf(options)).toMatch(/^zeromqPublisher\(\): /);
  });
});

test('options of a JSON config are checked in the same way, and have no topics in them', () => {
  expect(planOptions({ push: { connect: 'tcp://a:1' } }, 'here')).toMatchObject({
    type: 'PUSH',
    confirm: true,
    inFlight: 1_000,
  });
  expect(() => planOptions({ push: { connect: 'tcp://a:1' }, topics }, 'here')).toThrow(/^here: unknown key "topics"/);
});

test('docs/zeromq.md has every option as the code has it', () => {
  // A formatter may pad the cells of a table.
  const page = readFileSync(new URL('../../../../docs/zeromq.md', import.meta.url), 'utf8').replaceAll(/ +/g, ' ');
  const { properties } = z.toJSONSchema(publisherSchema, { io: 'input', unrepresentable: 'any' });
  const { push, pub } = properties as Record<string, { description: string; properties: object }>;
  for (const [name, kind] of Object.entries({ push, pub })) {
    expect(page).toContain(`| \`${name}\` | ${kind?.description} |`);
    for (const [option, schema] of Object.entries(kind?.properties ?? {})) {
      const { default: value, description } = schema as { default?: unknown; description: string };
      const shown = value === undefined ? ' ' : ` \`${JSON.stringify(value)}\` `;
      expect(page).toContain(`| \`${option}\` |${shown}| ${description} |`);
    }
  }
});
