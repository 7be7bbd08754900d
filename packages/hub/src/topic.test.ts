// Which topics and patterns are allowed, and that matching is what a few naive lines say it is.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PenstockError } from './errors.js';
import { checkTopic, compilePatterns, MAX_TOPIC_BYTES, patternProblem, topicProblem } from './topic.js';

/** The rule itself: "*" takes one token, a last ">" takes one or more, anything else takes its like. */
function naiveMatch([wanted, ...pattern]: string[], [token, ...topic]: string[]): boolean {
  if (wanted === undefined || token === undefined) return wanted === token;
  if (wanted === '>' && pattern.length === 0) return true;
  return (wanted === '*' || wanted === token) && naiveMatch(pattern, topic);
}

const token = fc.constantFrom('a', 'b', 'ab', 'é', '🜁');
const tokens = fc.array(token, { minLength: 1, maxLength: 5 });
const patternTokens = fc
  .tuple(fc.array(fc.oneof(token, fc.constant('*')), { maxLength: 5 }), fc.boolean())
  .map(([fixed, open]) => (open || fixed.length === 0 ? [...fixed, '>'] : fixed));

describe('a topic pattern', () => {
  it('matches what the naive rule says', () => {
    fc.assert(
      fc.property(patternTokens, tokens, (pattern, topic) => {
        expect(compilePatterns([pattern.join('.')])(topic.join('.'))).toBe(naiveMatch(pattern, topic));
      }),
      { numRuns: 1000 },
    );
  });

  it('matches beside others when any of them does', () => {
    fc.assert(
      fc.property(fc.array(patternTokens, { maxLength: 4 }), tokens, (patterns, topic) => {
        const matches = compilePatterns(patterns.map((pattern) => pattern.join('.')));
        expect(matches(topic.join('.'))).toBe(patterns.some((pattern) => naiveMatch(pattern, topic)));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['org.example.>', 'org.example.badges.assign', true],
    ['org.example.>', 'org.example', false],
    ['org.*.badges', 'org.example.badges', true],
    ['org.*.badges', 'org.example.more.badges', false],
    ['org.*', 'org', false],
    ['>', 'anything', true],
    ['org.example', 'org.example', true],
    ['org.example', 'org.examples', false],
    ['Org', 'org', false],
  ])('%s on %s: %s', (pattern, topic, expected) => {
    expect(compilePatterns([pattern])(topic)).toBe(expected);
  });

  it.each([
    ['', 'is empty'],
    ['a..b', 'has an empty token'],
    ['.a', 'has an empty token'],
    ['a.', 'has an empty token'],
    ['>.a', 'has ">" before its last token'],
    ['a.b*', 'mixes a wildcard'],
    ['a.>>', 'mixes a wildcard'],
    [7, 'is not a string'],
  ])('%s is refused: it %s', (pattern, problem) => {
    expect(patternProblem(pattern)).toContain(problem);
    expect(() => compilePatterns(['fine', pattern as string])).toThrow(
      expect.objectContaining({ code: 'TOPIC_PATTERN_INVALID', message: expect.stringContaining(problem) }),
    );
  });
});

describe('a topic', () => {
  it('is any text of tokens split by dots, up to its limit in bytes', () => {
    expect(topicProblem('a')).toBeUndefined();
    expect(topicProblem('a b.ü/#*')).toBeUndefined();
    expect(topicProblem('x'.repeat(MAX_TOPIC_BYTES))).toBeUndefined();
    expect(topicProblem('x'.repeat(MAX_TOPIC_BYTES + 1))).toBe(`is longer than ${MAX_TOPIC_BYTES} bytes`);
    expect(topicProblem('é'.repeat(MAX_TOPIC_BYTES / 2))).toBeUndefined();
    expect(topicProblem('é'.repeat(MAX_TOPIC_BYTES / 2 + 1))).toBe(`is longer than ${MAX_TOPIC_BYTES} bytes`);
  });

  it('comes back from UTF-8 as it was, if it is allowed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (topic) => {
        if (topicProblem(topic) === undefined) expect(Buffer.from(topic).toString()).toBe(topic);
      }),
      { numRuns: 500 },
    );
    expect(topicProblem('a\ud800b')).toBe('has a lone surrogate');
    expect(topicProblem('a\ud83d\ude00b')).toBeUndefined();
  });

  it.each([[undefined], [null], [7], [10n], [Symbol('topic')], [{ toJSON: () => 'a' }], [['a']], ['']])(
    'that is %o is refused with a code',
    (topic) => {
      let thrown: unknown;
      try {
        checkTopic(topic);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(PenstockError);
      expect(thrown).toMatchObject({ code: 'TOPIC_INVALID', message: expect.stringMatching(/^topic /) });
    },
  );

  it('is named in the message only as far as a line can take it', () => {
    expect(() => checkTopic('x'.repeat(1_000_000))).toThrow(expect.objectContaining({ code: 'TOPIC_INVALID' }));
    try {
      checkTopic('x'.repeat(1_000_000));
    } catch (error) {
      expect((error as Error).message.length).toBeLessThan(200);
    }
  });
});
