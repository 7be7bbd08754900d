// Which queues a topic goes to: what the patterns say, remembered for as many topics as there is room for.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePatterns } from '../topic.js';
import { Router } from './router.js';

const QUEUES = [
  { number: 1, patterns: ['a.>', 'b'] },
  { number: 2, patterns: ['*.x'] },
  { number: 7, patterns: ['>'] },
];

const queuesOf = (router: Router, topic: string): readonly number[] => router.route(topic).route.queues;

describe('the router', () => {
  it('gives each topic the queues whose patterns match, first and every later time', () => {
    const router = new Router(QUEUES);
    const topic = fc
      .array(fc.constantFrom('a', 'b', 'x'), { minLength: 1, maxLength: 3 })
      .map((tokens) => tokens.join('.'));
    fc.assert(
      fc.property(topic, (each) => {
        const expected = QUEUES.filter(({ patterns }) => compilePatterns(patterns)(each)).map(({ number }) => number);
        expect(queuesOf(router, each)).toEqual(expected);
        expect(new TextDecoder().decode(router.route(each).topic)).toBe(each);
      }),
      { numRuns: 200 },
    );
  });

  it('has one route for all topics that go to the same queues', () => {
    const router = new Router(QUEUES);
    expect(router.route('a.one').route).toBe(router.route('a.two').route);
    expect(router.route('a.one').route).not.toBe(router.route('a.x').route);
  });

  it('has a route for topics that nobody listens to', () => {
    expect(queuesOf(new Router([]), 'anything')).toEqual([]);
  });

  it('has a route into each queue alone, which is that of topics that go nowhere else', () => {
    const router = new Router(QUEUES);
    for (const { number } of QUEUES) {
      expect(router.only(number).queues).toEqual([number]);
      expect(router.only(number)).toBe(router.only(number));
    }
    expect(router.only(7)).toBe(router.route('nobody.else').route);
  });

  it('remembers what is used while others come and go, and keeps the same routes', () => {
    const router = new Router(QUEUES);
    const often = router.route('a.often');
    for (let index = 0; index < 50_000; index++) {
      queuesOf(router, `c.${index}`);
      if (index % 1_000 === 0) expect(router.route('a.often')).toBe(often);
    }
    // Forgotten since, it is matched anew, and goes where it went.
    expect(router.route('c.0').route).toBe(router.route('c.49999').route);
  });

  it('refuses what is no topic', () => {
    const router = new Router(QUEUES);
    for (const topic of ['', 'a..b', '\ud800', 7, undefined, {}]) {
      expect(() => router.route(topic as string)).toThrow(expect.objectContaining({ code: 'TOPIC_INVALID' }));
    }
  });
});
