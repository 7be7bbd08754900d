// A message as a consumer sees it: what was published, decoded when it is asked for, and never anything else.
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { viewOf } from '../../journal/record.js';
import { type ExampleMessage, exampleRecord } from '../../journal/segment.fixture.js';
import { DeliveredMessage } from './delivered-message.js';

/** The message somewhere in a larger buffer, as it is read. */
function deliver(message: ExampleMessage, position = 77, attempt = 1): DeliveredMessage {
  const record = exampleRecord(position, message);
  const bytes = Buffer.concat([Buffer.from('before'), record, Buffer.from('behind')]);
  return new DeliveredMessage('hub', bytes, viewOf(bytes), 6, attempt);
}

/** Text as UTF-8 has it. */
const stored = (text: string): string => Buffer.from(text).toString();
const anyText = (maxLength: number) => fc.string({ unit: 'binary', maxLength }).map(stored);

describe('a delivered message', () => {
  it('is what was published', () => {
    const given = fc.record({
      topic: anyText(40),
      body: fc.oneof(anyText(300), fc.uint8Array({ maxLength: 300 })),
      headers: fc.dictionary(anyText(20), anyText(40), { maxKeys: 4 }),
      time: fc.nat({ max: 4e12 }),
    });
    fc.assert(
      fc.property(
        given,
        fc.nat({ max: Number.MAX_SAFE_INTEGER }),
        fc.integer({ min: 1, max: 99 }),
        (message, position, attempt) => {
          const delivered = deliver(message, position, attempt);
          const body = Buffer.from(message.body as Uint8Array);
          expect([delivered.topic, delivered.position, delivered.time, delivered.attempt]).toEqual([
            message.topic,
            position,
            message.time,
            attempt,
          ]);
          expect({ ...delivered.headers }).toEqual({ ...message.headers });
          expect(Buffer.from(delivered.body)).toEqual(body);
          expect(delivered.text()).toBe(body.toString());
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is named by its header id, else by what published it, else by where it lies', () => {
    expect(deliver({ headers: { id: 'own' }, id: 'x/y/0' }).id).toBe('own');
    expect(deliver({ headers: { id: '' }, id: 'x/y/0' }).id).toBe('');
    expect(deliver({ headers: { other: '1' }, id: 'ä/y/0' }).id).toBe('ä/y/0');
    expect(deliver({}, 4_711).id).toBe('hub-4711');
  });

  it('does not take an id from what every object has', () => {
    expect(deliver({ headers: JSON.parse('{"__proto__":"x"}') }, 1).id).toBe('hub-1');
  });

  it('is parsed as JSON once, and the same every time', () => {
    const message = deliver({ body: '{"a":[1,2,null]}' });
    expect(message.json()).toEqual({ a: [1, 2, null] });
    expect(message.json()).toBe(message.json());
    expect(deliver({ body: 'null' }).json()).toBeNull();
  });

  it.each(['', '{', 'undefined', '\ufeff{}', '{"a":1}x'])(
    'whose body is %j is no JSON, which names topic and position',
    (body) => {
      const message = deliver({ topic: 'org.example.odd', body }, 321);
      for (let time = 0; time < 2; time++) {
        expect(() => message.json()).toThrow(
          expect.objectContaining({
            code: 'JSON_INVALID',
            message: expect.stringMatching(/"org\.example\.odd" at position 321/),
          }),
        );
      }
    },
  );

  it('gives the same headers and body each time, and headers that cannot be changed', () => {
    const message = deliver({ headers: { a: 'b' }, body: 'x' });
    expect(message.headers).toBe(message.headers);
    expect(message.body).toBe(message.body);
    expect(Object.isFrozen(message.headers)).toBe(true);
  });

  it('can be shown', () => {
    const shown = inspect(deliver({ topic: 'org.example.shown', headers: { a: 'b' } }));
    expect(shown).toContain("topic: 'org.example.shown'");
    expect(shown).toContain("headers: { a: 'b' }");
  });
});
