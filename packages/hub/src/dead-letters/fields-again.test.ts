// A message that is taken again out of its record is the one that it was: topic, headers, body and id.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { exampleRecord } from '../journal/segment.fixture.js';
import { fieldsAgain } from './fields-again.js';

const message = fc.record({
  topic: fc.stringMatching(/^[a-zü]{1,9}\.[a-z]{1,9}$/),
  body: fc.uint8Array({ maxLength: 300 }),
  headers: fc.option(fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { noNullPrototype: true }), {
    nil: undefined,
  }),
  id: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
});

/** The id that a consumer sees, by its rule: header, then the record's own, then the position. */
const idSeen = (headers: Readonly<Record<string, string>> | undefined, id: string | undefined): string =>
  headers?.id ?? id ?? 'h1-77';

it('whatever it was made of, however often it is taken again', () => {
  fc.assert(
    fc.property(message, (given) => {
      const first = fieldsAgain(exampleRecord(77, given), 'h1');
      const topic = new TextDecoder().decode(first.topic);
      const body = new Uint8Array(first.body as Uint8Array);
      expect({ topic, body, headers: { ...first.headers } }).toEqual({
        topic: given.topic,
        body: given.body,
        headers: { ...given.headers },
      });
      const later = fieldsAgain(exampleRecord(123_456, { ...first, topic, body }), 'h1');
      expect([idSeen(first.headers, first.id), idSeen(later.headers, later.id)]).toEqual(
        Array(2).fill(idSeen(given.headers, given.id)),
      );
    }),
  );
});
