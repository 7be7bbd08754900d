import { expect, test } from 'vitest';
import { Subscriptions, topicBytes } from './subscriptions.js';
import { ZmtpError } from './zmtp-wire.js';

const subscribedTo = (...prefixes: readonly (string | Buffer)[]): Subscriptions => {
  const subscriptions = new Subscriptions();
  for (const prefix of prefixes) subscriptions.add(Buffer.from(prefix as string));
  return subscriptions;
};

const matches = (subscriptions: Subscriptions, topic: string) => subscriptions.matches(topicBytes(topic));

test('a topic is wanted when it begins as one that was asked for, byte by byte', () => {
  const subscriptions = subscribedTo('a.', 'söm', Buffer.from('grö').subarray(0, 3));
  expect(['a.b', 'a.', 'söme', 'größe', 'grün'].filter((topic) => !matches(subscriptions, topic))).toEqual([]);
  expect(['a', 'b.a.', 'som', 'gr', 'groß'].filter((topic) => matches(subscriptions, topic))).toEqual([]);
  expect(matches(subscribedTo(''), 'anything')).toBe(true);
});

test('what was asked for twice is to be cancelled twice, and what was not asked for changes nothing', () => {
  const subscriptions = subscribedTo('a', 'a');
  for (const wanted of [true, false, false]) {
    subscriptions.cancel(Buffer.from('b'));
    subscriptions.cancel(Buffer.from('a'));
    expect(matches(subscriptions, 'a')).toBe(wanted);
  }
});

test('no more is remembered than 10,000 beginnings, and 1 MiB', () => {
  const numbers = Array.from({ length: 10_000 }, (_, number) => String(number));
  const many = subscribedTo(...numbers, ...numbers);
  expect(() => many.add(Buffer.from('one more'))).toThrow(ZmtpError);
  const large = subscribedTo('x'.repeat(1024 * 1024));
  expect(() => large.add(Buffer.from('y'))).toThrow(ZmtpError);
  large.cancel(Buffer.from('y'));
  large.cancel(Buffer.from('x'.repeat(1024 * 1024)));
  large.add(Buffer.from('y'));
});
