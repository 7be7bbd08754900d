import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Logger } from '../../consumer-context.js';
import { FailureLog } from './failure-log.js';

let lines: { message: string; fields: Record<string, unknown> }[];
let log: FailureLog;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  lines = [];
  const warn = (message: string, fields = {}) => lines.push({ message, fields });
  log = new FailureLog({ warn } as unknown as Logger);
});

afterEach(() => {
  vi.useRealTimers();
});

const failTimes = (times: number, error: unknown) => {
  for (let n = 0; n < times; n++) log.failed(error, () => `failed ${n}`);
};

describe('failures in the log', () => {
  it('have a line each, with the error and its stack, while they are few', () => {
    const error = Object.assign(new TypeError('no'), { code: 'E_NO' });
    failTimes(20, error);
    expect(lines).toHaveLength(20);
    expect(lines[18]).toEqual({
      message: 'failed 18',
      fields: { error: 'TypeError: no', code: 'E_NO', stack: error.stack },
    });
  });

  it('are counted when they are many, and the count stands in the next line', () => {
    failTimes(1_000, new Error('again'));
    expect(lines).toHaveLength(20);
    vi.advanceTimersByTime(1_000);
    failTimes(1, new Error('again'));
    expect(lines[20]?.fields).toMatchObject({ error: 'Error: again', 'more since the last such line': 980 });
  });

  it('say when the next ones will be counted', () => {
    failTimes(1_000, new Error('again'));
    const saying = lines.filter(({ message }) => message.includes('(more like it are counted for now, not written)'));
    expect(saying).toEqual([lines[19]]);
  });

  it('of one kind do not hide those of another', () => {
    failTimes(1_000, new Error('often'));
    failTimes(1, new TypeError('once'));
    failTimes(1, Object.assign(new Error('once'), { code: 'E_ONCE' }));
    expect(lines.slice(20).map(({ fields }) => fields.error)).toEqual(['TypeError: once', 'Error: once']);
  });

  it('of more and more kinds do not take more and more lines', () => {
    for (let n = 0; n < 1_000; n++) failTimes(1, Object.assign(new Error('new'), { code: `E_${n}` }));
    expect(lines).toHaveLength(32 + 20);
  });

  it('do not look at the stack of what has no line', () => {
    let looked = 0;
    const watched = Object.defineProperty(new Error('again'), 'stack', {
      get() {
        looked++;
        return 'at home';
      },
    });
    failTimes(20, watched);
    expect(looked).toBeGreaterThan(0);
    looked = 0;
    failTimes(1_000, watched);
    expect(looked).toBe(0);
  });

  it('may be of anything that can be thrown', () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
      },
    );
    for (const thrown of [undefined, null, 'text', Symbol('s'), hostile]) failTimes(1, thrown);
    expect(lines.map(({ fields }) => fields.error)).toEqual([
      'Error: thrown: undefined',
      'Error: thrown: null',
      'Error: thrown: text',
      'Error: thrown: Symbol(s)',
      'Error: thrown: a value that cannot be shown',
    ]);
  });
});
