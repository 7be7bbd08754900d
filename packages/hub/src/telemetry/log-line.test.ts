import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatJson, formatText, type LogFields, messageText, plainFields, shortenJson } from './log-line.js';

const TIME = Date.UTC(2026, 0, 31, 12);

const textOf = (message: string, fields: LogFields = {}, scope?: string) =>
  formatText({ time: TIME, level: 'info', message, fields: plainFields(fields) }, scope);

const jsonOf = (message: string, fields: LogFields = {}) =>
  JSON.parse(
    formatJson({ time: TIME, level: 'warn', message, fields: plainFields(fields) }, { pid: 7, consumer: 'c' }),
  );

describe('a line of text', () => {
  it('has time, level, where it comes from, message and fields', () => {
    expect(textOf('connected', { endpoint: 'tcp://127.0.0.1:9940', retries: 2, last: null }, 'zeromq')).toBe(
      '2026-01-31T12:00:00.000Z info  [zeromq] connected endpoint=tcp://127.0.0.1:9940 retries=2 last=null',
    );
    expect(textOf('ready')).toBe('2026-01-31T12:00:00.000Z info  ready');
  });

  it('quotes text that would be taken for more than one field, and shows objects', () => {
    expect(textOf('m', { c1: 'a\u0085b', separator: '\u2028' })).toContain('m c1="a\\u0085b" separator="\\u2028"');
    expect(textOf('m', { a: 'two words', b: 'x=y', c: '', d: { list: [1, 2] } })).toContain(
      'm a="two words" b="x=y" c="" d={ list: [ 1, 2 ] }',
    );
  });

  it('shows an error with its stack', () => {
    expect(textOf('failed', { err: new TypeError('boom') })).toMatch(/failed err="TypeError: boom\\n {4}at .*"$/);
  });

  it('is one line without control characters, whatever was logged', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.dictionary(fc.string({ unit: 'binary' }), fc.anything()),
        (message, fields) => {
          expect(textOf(message, fields)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        },
      ),
    );
  });

  it('is coloured only when asked', () => {
    const record = { time: TIME, level: 'error', message: 'm', fields: {} } as const;
    expect(formatText(record, undefined, true)).toBe('2026-01-31T12:00:00.000Z \x1b[31merror\x1b[39m m');
  });
});

describe('a line of JSON', () => {
  it('has what a line of pino has', () => {
    expect(jsonOf('m', { a: 1 })).toEqual({ level: 40, time: TIME, pid: 7, consumer: 'c', a: 1, msg: 'm' });
  });

  it('keeps type, message, code and stack of an error', () => {
    const err = Object.assign(new RangeError('too far'), { code: 'E_FAR' });
    expect(jsonOf('m', { err }).err).toEqual({
      type: 'RangeError',
      message: 'too far',
      code: 'E_FAR',
      stack: err.stack,
    });
  });

  it('is JSON with the fixed parts as they are, whatever was logged', () => {
    const cycle: Record<string, unknown> = { level: 'mine', pid: 'mine', msg: 'mine' };
    cycle.self = cycle;
    expect(jsonOf('m', cycle)).toMatchObject({ level: 40, pid: 7, msg: 'm' });
    fc.assert(
      fc.property(fc.string(), fc.dictionary(fc.string(), fc.anything({ withBigInt: true })), (message, fields) => {
        expect(jsonOf(message, fields)).toMatchObject({ level: 40, time: TIME, pid: 7, consumer: 'c', msg: message });
      }),
    );
  });

  it('that is too long keeps the start of its message, and says how long it was', () => {
    const line = formatJson(
      { time: TIME, level: 'warn', message: 'é'.repeat(50_000), fields: { big: 'x' } },
      { pid: 7, consumer: 'c', thread: 0 },
    );
    const short = JSON.parse(shortenJson(line));
    expect(short).toEqual({
      level: 40,
      time: TIME,
      pid: 7,
      consumer: 'c',
      thread: 0,
      msg: 'é'.repeat(2_000),
      cutFromBytes: Buffer.byteLength(line),
    });
  });
});

describe('what a logger is handed', () => {
  it('may be anything: nothing makes it throw', () => {
    const throwing = {
      get a() {
        throw new Error('no');
      },
    };
    expect(plainFields(throwing)).toHaveProperty('value');
    const hostile = new Proxy(
      {},
      {
        has: () => {
          throw new Error('no');
        },
        get: () => {
          throw new Error('no');
        },
      },
    );
    expect(textOf('m', { hostile })).toContain('hostile=');
    expect(plainFields('text')).toEqual({ value: 'text' });
    expect(plainFields(undefined)).toEqual({});
    expect(plainFields(new Error('x'))).toMatchObject({ err: { type: 'Error', message: 'x' } });
    expect(messageText({ a: 1 })).toBe('{ a: 1 }');
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (message, fields) => {
        const record = {
          time: TIME,
          level: 'info',
          message: messageText(message),
          fields: plainFields(fields),
        } as const;
        expect(formatText(record, 'c')).toContain('[c]');
        expect(() => JSON.parse(formatJson(record, {}))).not.toThrow();
      }),
    );
  });
});
