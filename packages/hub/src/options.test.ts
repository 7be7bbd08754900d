// What is wrong with options is said in one line each: where, what, and for an unknown key which was meant.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseConfig } from './config.js';
import { PenstockError } from './errors.js';
import { parseOptions } from './options.js';

function problemOf(act: () => unknown): PenstockError {
  try {
    act();
  } catch (error) {
    if (error instanceof PenstockError) return error;
    throw error;
  }
  throw new Error('nothing was wrong');
}

const linesOf = (config: unknown): string[] =>
  problemOf(() => parseConfig(config, 'hub.config.ts')).message.split('\n');

describe('options', () => {
  it('that are right come back with every default filled in', () => {
    const config = parseConfig({ consumers: { a: { module: './a.js' } } }, 'config');
    expect(config).toMatchObject({ dataDir: './data', ephemeral: false, sources: [], drainTimeoutMs: 10_000 });
    expect(config.http).toEqual({ host: '127.0.0.1', port: 9_464 });
    expect(config.consumers.a).toEqual({ module: './a.js' });
  });

  it.each([
    [{ dataDirectory: './x' }, 'unknown key "dataDirectory"; did you mean "dataDir"?'],
    [{ drain: 1 }, 'unknown key "drain"; did you mean "drainTimeoutMs"?'],
    [{ drainTimeout: 1 }, 'unknown key "drainTimeout"; did you mean "drainTimeoutMs"?'],
    [{ http: { prot: 1 } }, 'unknown key "http.prot"; did you mean "port"?'],
    [
      { consumers: { a: { module: './a.js', thread: 1 } } },
      'unknown key "consumers.a.thread"; did you mean "threads"?',
    ],
    [{ log: { zzzzzzzzzzzz: 1 } }, 'unknown key "log.zzzzzzzzzzzz"; known here: level, format, linesPerSecond'],
  ])('with an unknown key name the nearest one: %j', (config, line) => {
    expect(linesOf(config)).toEqual([`hub.config.ts: ${line}`]);
  });

  it.each([
    [{ dataDir: 7 }, 'dataDir: must be a path, not 7'],
    [{ dataDir: '' }, 'dataDir: must be a path, not ""'],
    [{ ephemeral: 'yes' }, 'ephemeral: must be true or false, not "yes"'],
    [{ drainTimeoutMs: -1 }, 'drainTimeoutMs: must be a whole number from 0 to 86400000, not -1'],
    [{ drainTimeoutMs: 1.5 }, 'drainTimeoutMs: must be a whole number from 0 to 86400000, not 1.5'],
    [{ http: { port: 70_000 } }, 'http.port: must be a whole number from 0 to 65535, not 70000'],
    [{ http: 7 }, 'http: must be false or { host, port }, not 7'],
    [{ consumers: { a: {} } }, 'consumers.a.module: must be the path of a module, not given'],
    [
      { consumers: { a: { module: './a.js', threads: 0 } } },
      'consumers.a.threads: must be a whole number from 1 to 64, not 0',
    ],
    [
      { consumers: { a: { module: './a.js', startFrom: 'now' } } },
      'consumers.a.startFrom: must be "new", "earliest", { position } or { time }, not "now"',
    ],
    [{ sources: [{}] }, 'sources[0]: must be a source such as zeromq({ … }), not {}'],
    [7, 'the value: must be an object of options, not 7'],
    [undefined, 'the value: must be an object of options, not given'],
  ])('with a wrong value say where it is, what it must be and what it is: %j', (config, line) => {
    expect(linesOf(config)).toEqual([`hub.config.ts: ${line}`]);
  });

  it('name a consumer whose name is none', () => {
    expect(linesOf({ consumers: { 'a b': { module: './a.js' } } })).toEqual([
      'hub.config.ts: consumers: must be a consumer name: 1 to 64 letters, digits, "_" or "-", not "a b"',
    ]);
  });

  it('with several faults have a line for each', () => {
    const lines = linesOf({ dataDir: 7, epehmeral: true, consumers: { a: { module: './a.js', threads: 'two' } } });
    expect(lines.length).toBe(3);
    expect(lines.every((line) => line.startsWith('hub.config.ts: '))).toBe(true);
  });

  it('have a code of their own when only topic patterns are wrong', () => {
    const patterns = (topics: string[]) => ({ consumers: { a: { module: './a.js', topics } } });
    const only = problemOf(() => parseConfig(patterns(['fine', 'a..b']), 'config'));
    expect(only).toMatchObject({
      code: 'TOPIC_PATTERN_INVALID',
      message: expect.stringContaining('consumers.a.topics[1]'),
    });
    expect(problemOf(() => parseConfig({ ...patterns(['a..b']), dataDir: 7 }, 'config')).code).toBe('CONFIG_INVALID');
  });

  it('show no more of a value than a line can take, and what cannot be shown as that', () => {
    const schema = z.strictObject({ a: z.string('must be text') });
    const shown = (a: unknown) => problemOf(() => parseOptions(schema, { a }, 'x()')).message;
    expect(shown(Array.from({ length: 1_000 }, (_, index) => index)).length).toBeLessThan(100);
    expect(shown(() => {})).toBe('x(): a: must be text, not a function');
    expect(shown(10n)).toBe('x(): a: must be text, not a value that cannot be shown');
    const circular: { self?: unknown } = {};
    circular.self = circular;
    expect(shown(circular)).toBe('x(): a: must be text, not a value that cannot be shown');
  });

  it('name the alternatives where none was chosen, or two at once', () => {
    const schema = z.strictObject({
      from: z.union(
        [z.strictObject({ at: z.number('must be a number') }), z.strictObject({ key: z.string('must be text') })],
        {
          error: 'must be { at } or { key }',
        },
      ),
    });
    const shown = (from: unknown) => problemOf(() => parseOptions(schema, { from }, 'x()')).message;
    expect(shown({})).toBe('x(): from: must be { at } or { key }, not {}');
    expect(shown({ at: 1, key: 2 })).toBe('x(): from: "key" does not go with "at"; leave one out');
    expect(shown({ at: 'one' })).toBe('x(): from.at: must be a number, not "one"');
  });

  it('never show the value of one that is named as a secret, wherever it stands', () => {
    const schema = z.strictObject({
      secretKey: z.string().max(3, 'must be short'),
      nested: z.string('must be text'),
      passwordFile: z.string().max(3, 'must be short'),
      topicToken: z.string('must be text'),
    });
    const value = { secretKey: 'sesame', nested: { token: 'sesame' }, passwordFile: '/run/p', topicToken: 7 };
    expect(problemOf(() => parseOptions(schema, value, 'x()')).message.split('\n')).toEqual([
      'x(): secretKey: must be short',
      'x(): nested: must be text, not {"token":"(hidden)"}',
      'x(): passwordFile: must be short, not "/run/p"',
      'x(): topicToken: must be text, not 7',
    ]);
  });
});
