import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import byDefault, { type ZeromqOptions, zeromq } from './index.js';
import { optionsSchema, planSockets } from './options.js';

const problems = (options: unknown): string => {
  try {
    zeromq(options as ZeromqOptions);
    return 'none';
  } catch (error) {
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    return (error as Error).message;
  }
};

const pull = (entry: object) => ({ pull: [entry] });

describe('zeromq()', () => {
  test('describes what it listens to in one line', () => {
    const source = zeromq({
      name: 'feeds',
      subscribe: [{ connect: ['tcp://a.example:1', 'tcp://b.example:2'], topics: ['org.example.'] }],
      pull: [{ bind: 'ipc:///run/in.sock' }],
    });
    expect(source).toMatchObject({ type: 'zeromq', name: 'feeds' });
    expect(source.description).toBe(
      'SUB connect tcp://a.example:1, SUB connect tcp://b.example:2, PULL bind ipc:///run/in.sock',
    );
  });

  test('is the default export too, so that a JSON config can name the module', () => {
    expect(byDefault).toBe(zeromq);
    expect(byDefault(JSON.parse('{ "pull": [{ "bind": "tcp://127.0.0.1:9940" }] }')).type).toBe('zeromq');
  });

  test('makes a plan with every default for each endpoint', () => {
    const plans = planSockets(optionsSchema.parse({ subscribe: [{ connect: ['tcp://a:1', 'tcp://b:2'] }] }));
    expect(plans.map(({ endpoint }) => endpoint)).toEqual(['tcp://a:1', 'tcp://b:2']);
    expect(plans[1]).toMatchObject({
      kind: 'SUB',
      where: 'subscribe[0]',
      how: 'connect',
      topics: [''],
      countGaps: true,
      settings: { receiveHighWaterMark: 10_000, maxMessageBytes: 16 * 1024 * 1024, reconnectIntervalMs: 100 },
    });
  });

  test.each([
    ['a SUB to everything', { subscribe: [{ connect: 'tcp://a:1' }] }, true],
    ['a SUB with prefixes', { subscribe: [{ connect: 'tcp://a:1', topics: ['org.'] }] }, false],
    ['a SUB with prefixes that asks', { subscribe: [{ connect: 'tcp://a:1', topics: ['a'], countGaps: true }] }, true],
    ['a PULL', { pull: [{ connect: 'tcp://a:1' }] }, true],
    ['a PULL that asks not to', { pull: [{ connect: 'tcp://a:1', countGaps: false }] }, false],
    ['a ROUTER', { router: [{ connect: 'tcp://a:1' }] }, true],
  ])('counts gaps or not: %s', (_, options, countGaps) => {
    expect(planSockets(optionsSchema.parse(options))[0]?.countGaps).toBe(countGaps);
  });

  test('has a description and, but for what must be chosen, a default for every option', () => {
    const { subscribe, pull, router } = optionsSchema.shape;
    const entries = [subscribe, pull, router].map((list) => list.unwrap().element.shape);
    for (const shape of [optionsSchema.shape, ...entries]) {
      for (const [name, schema] of Object.entries(shape)) {
        expect(schema.description, name).toMatch(/\S/);
        expect(schema.safeParse(undefined).success, name).toBe(true);
      }
    }
  });

  test('has every option in docs/zeromq.md as the code has it', () => {
    // A formatter may pad the cells of a table.
    const page = readFileSync(new URL('../../../docs/zeromq.md', import.meta.url), 'utf8').replaceAll(/ +/g, ' ');
    const { properties } = z.toJSONSchema(optionsSchema, { io: 'input', unrepresentable: 'any' });
    const { subscribe, router } = properties as Record<string, { items: { properties: object } }>;
    const entries = { ...subscribe?.items.properties, ...router?.items.properties };
    for (const [name, schema] of Object.entries({ ...properties, ...entries })) {
      const { default: value, description } = schema as { default?: unknown; description: string };
      const shown = value === undefined ? ' ' : ` \`${JSON.stringify(value)}\` `;
      expect(page).toContain(`| \`${name}\` |${shown}| ${description} |`);
    }
  });

  test.each([
    ['nothing to listen to', {}, 'at least one entry'],
    ['no object at all', undefined, 'must be an object'],
    ['an unknown key', { ...pull({ bind: 'tcp://127.0.0.1:1' }), pulls: [] }, 'did you mean "pull"?'],
    [
      'an unknown key in a socket',
      { subscribe: [{ bind: 'tcp://127.0.0.1:1', topic: ['a'] }] },
      'unknown key "subscribe[0].topic"; did you mean "topics"?',
    ],
    ['neither connect nor bind', pull({}), 'pull[0]: must have exactly one of "connect" and "bind"'],
    ['both', pull({ connect: 'tcp://a:1', bind: 'tcp://127.0.0.1:1' }), 'exactly one of "connect" and "bind"'],
    ['an empty list of endpoints', pull({ bind: [] }), 'pull[0].bind: must have an endpoint'],
    ['a bad endpoint', pull({ connect: ['tcp://a:1', 'tcp://b'] }), 'pull[0].connect[1]: must be an endpoint'],
    ['topics of a PULL socket', pull({ bind: 'tcp://127.0.0.1:1', topics: ['a'] }), 'unknown key "pull[0].topics"'],
    ['an unlimited high-water mark', pull({ bind: 'tcp://127.0.0.1:1', receiveHighWaterMark: 0 }), 'from 1 to'],
    ['an unlimited message size', pull({ bind: 'tcp://127.0.0.1:1', maxMessageBytes: -1 }), 'from 1 to'],
    [
      'a backoff that shrinks',
      pull({ bind: 'tcp://127.0.0.1:1', reconnectIntervalMs: 500, reconnectMaxIntervalMs: 100 }),
      'must be at least reconnectIntervalMs (500)',
    ],
    ['a bad name', { name: 'a b', ...pull({ bind: 'tcp://127.0.0.1:1' }) }, 'name: must be 1 to 64 letters'],
  ])('refuses %s', (_, options, problem) => {
    expect(problems(options)).toContain(problem);
  });
});
