// The error table, and errors that cross from one thread to another.
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode, type ErrorData, fromErrorData, PenstockError, toErrorData } from './errors.js';

/** What the other side of a message port gets. */
function acrossThreads(data: ErrorData): ErrorData {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(data);
  const received = receiveMessageOnPort(port2) as { message: ErrorData };
  port1.close();
  port2.close();
  return received.message;
}

const codes = Object.keys(ERRORS) as ErrorCode[];

describe('the error table', () => {
  it('gives each code an exit code of its own, apart from those that every program uses', () => {
    const exits = codes.map((code) => ERRORS[code].exitCode);
    expect(new Set(exits).size).toBe(exits.length);
    expect(exits.filter((exit) => exit <= 2 || exit > 125)).toEqual([]);
  });

  it('says in each error whether a retry helps and how the command ends', () => {
    const full = new PenstockError('UNCOMMITTED_LIMIT', 'too much');
    expect([full.retryable, full.exitCode]).toEqual([true, ERRORS.UNCOMMITTED_LIMIT.exitCode]);
    expect(new PenstockError('DATA_DAMAGED', 'broken').retryable).toBe(false);
  });
});

describe('an error that crosses a thread', () => {
  it.each(codes)('%s keeps code, message and stack, and stays a PenstockError', (code) => {
    const error = new PenstockError(code, `what, where and what to do: ${code}`);
    const there = fromErrorData(acrossThreads(toErrorData(error)));
    expect(there).toBeInstanceOf(PenstockError);
    expect(there).toMatchObject({ name: 'PenstockError', code, message: error.message, stack: error.stack });
  });

  it('keeps the code of an error that is not ours', () => {
    const error = Object.assign(new RangeError('disk full'), { code: 'ENOSPC' });
    const there = fromErrorData(acrossThreads(toErrorData(error)));
    expect(there).not.toBeInstanceOf(PenstockError);
    expect(there).toMatchObject({ code: 'ENOSPC', message: 'disk full', stack: error.stack });
  });

  it('is not taken for one of ours by a code that only looks like one', () => {
    for (const code of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      const there = fromErrorData(acrossThreads(toErrorData(Object.assign(new Error('odd'), { code }))));
      expect(there).not.toBeInstanceOf(PenstockError);
      expect(there).toMatchObject({ code, message: 'odd' });
    }
  });

  it('is described whatever was thrown', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withSparseArray: true }), (thrown) => {
        expect(acrossThreads(toErrorData(thrown)).message).toMatch(/^thrown: /);
      }),
      { numRuns: 300 },
    );
    expect(toErrorData(Symbol('odd')).message).toBe('thrown: Symbol(odd)');
  });

  it('is described also when looking at it throws', () => {
    const hostile = new Proxy(new Error('hidden'), {
      get() {
        throw new Error('do not look');
      },
      getPrototypeOf() {
        throw new Error('nor ask');
      },
    });
    expect(toErrorData(hostile)).toEqual({
      name: 'Error',
      message: 'thrown: a value that cannot be shown',
      stack: undefined,
      code: undefined,
    });
    class Strange extends Error {
      override get message(): string {
        throw new Error('no message');
      }
    }
    expect(toErrorData(new Strange()).message).toBe('thrown: a value that cannot be shown');
  });

  it('takes only text across, whatever stands in its fields', () => {
    const error = Object.assign(new Error('odd'), { code: { deep: true }, name: 7, stack: ['not', 'text'] });
    const data = acrossThreads(toErrorData(error));
    expect(data).toEqual({ name: '7', message: 'odd', stack: 'not,text', code: undefined });
  });
});
