// Topics and topic patterns: what is allowed, and which pattern matches which topic.
// Tokens are split by "."; in a pattern "*" stands for one token and a last ">" for one or more (as in NATS).
import { PenstockError } from './errors.js';

/** The longest topic or pattern, in UTF-8 bytes. */
export const MAX_TOPIC_BYTES = 1024;

/** Characters of a topic or pattern that are shown in a message. */
const MOST_SHOWN = 80;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Says what is wrong with a topic, or undefined when it is fine. */
export function topicProblem(topic: unknown): string | undefined {
  if (typeof topic !== 'string') return 'is not a string';
  if (topic === '') return 'is empty';
  if (topic.length > MAX_TOPIC_BYTES || Buffer.byteLength(topic) > MAX_TOPIC_BYTES) {
    return `is longer than ${MAX_TOPIC_BYTES} bytes`;
  }
  if (topic.startsWith('.') || topic.endsWith('.') || topic.includes('..')) return 'has an empty token';
  if (LONE_SURROGATE.test(topic)) return 'has a lone surrogate';
  return undefined;
}

/** Throws TOPIC_INVALID unless `topic` is one that can be published to. */
export function checkTopic(topic: unknown): asserts topic is string {
  const problem = topicProblem(topic);
  if (problem !== undefined) throw new PenstockError('TOPIC_INVALID', `topic ${show(topic)} ${problem}`);
}

/** As much of a topic as a message can take; of what is no text, not more than what it is. */
function show(topic: unknown): string {
  if (typeof topic !== 'string') return `(${typeof topic})`;
  return JSON.stringify(topic.length > MOST_SHOWN ? `${topic.slice(0, MOST_SHOWN)}…` : topic);
}

/** Says what is wrong with a topic pattern, or undefined when it is fine. */
export function patternProblem(pattern: unknown): string | undefined {
  const problem = topicProblem(pattern);
  if (problem !== undefined) return problem;
  const tokens = (pattern as string).split('.');
  for (const [at, token] of tokens.entries()) {
    if (token === '>' && at !== tokens.length - 1) return 'has ">" before its last token';
    if (token.length > 1 && (token.includes('*') || token.includes('>'))) {
      return `mixes a wildcard with other characters in "${token}"; a wildcard is a whole token`;
    }
  }
  return undefined;
}

/**
 * Compiles patterns into one test for a topic.
 *
 * @param patterns Topic patterns; a topic matches when any of them does.
 * @throws TOPIC_PATTERN_INVALID with the pattern and what is wrong with it.
 */
export function compilePatterns(patterns: readonly string[]): (topic: string) => boolean {
  const compiled = patterns.map((pattern) => {
    const problem = patternProblem(pattern);
    if (problem !== undefined) {
      throw new PenstockError('TOPIC_PATTERN_INVALID', `topic pattern ${show(pattern)} ${problem}`);
    }
    return pattern.split('.');
  });
  return (topic) => {
    const tokens = topic.split('.');
    return compiled.some((pattern) => matches(pattern, tokens));
  };
}

function matches(pattern: readonly string[], tokens: readonly string[]): boolean {
  const open = pattern.at(-1) === '>';
  if (open ? tokens.length < pattern.length : tokens.length !== pattern.length) return false;
  const fixed = open ? pattern.length - 1 : pattern.length;
  for (let at = 0; at < fixed; at++) {
    if (pattern[at] !== '*' && pattern[at] !== tokens[at]) return false;
  }
  return true;
}
