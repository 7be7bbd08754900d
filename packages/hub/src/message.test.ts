// What may be published as headers.
import { describe, expect, it } from 'vitest';
import { checkHeaders } from './message.js';

describe('headers', () => {
  it('are an object of text', () => {
    for (const headers of [{}, { a: 'b' }, { a: '' }, Object.create(null), JSON.parse('{"__proto__":"x"}')]) {
      expect(() => checkHeaders(headers)).not.toThrow();
    }
  });

  it.each([[null], [undefined], ['a=b'], [7], [['a']], [{ a: 7 }], [{ a: null }], [JSON.parse('{"__proto__":{}}')]])(
    '%o are none',
    (headers) => {
      expect(() => checkHeaders(headers)).toThrow(expect.objectContaining({ code: 'HEADERS_INVALID' }));
    },
  );
});
