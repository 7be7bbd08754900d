// The consumers of a directory that is to be damaged. What each does with a message follows from the message's number, so
// that of any message it is known what must have become of it.
import type { ConsumerSpec } from '../../../packages/hub/src/consumer-specs.js';

/** What a consumer does with a message; `leave` is to hold it back, unsettled. */
export type Ending = 'acknowledge' | 'fail' | 'bury' | 'leave';

export interface TestConsumer {
  readonly topics: readonly string[];
  /** Of a message with a number. */
  readonly ending: (number: number) => Ending;
}

export const CONSUMERS: Readonly<Record<string, TestConsumer>> = {
  quick: { topics: ['>'], ending: () => 'acknowledge' },
  picky: { topics: ['even'], ending: (number) => (number % 3 === 0 ? 'bury' : 'acknowledge') },
  holding: { topics: ['>'], ending: (number) => (number % 5 === 0 ? 'leave' : 'acknowledge') },
  failing: { topics: ['odd'], ending: (number) => (number % 4 === 1 ? 'fail' : 'acknowledge') },
  idle: { topics: ['even', 'odd'], ending: () => 'leave' },
  rare: { topics: ['seventh'], ending: () => 'leave' },
};

/** A message's topic. */
export function topicOf(number: number): string {
  if (number % 7 === 0) return 'seventh';
  return number % 2 === 0 ? 'even' : 'odd';
}

/** Whether a consumer gets a message. */
export const gets = ({ topics }: TestConsumer, number: number): boolean =>
  topics.includes('>') || topics.includes(topicOf(number));

/** The consumers as the hub knows them. */
export const specs = (): ConsumerSpec[] =>
  Object.entries(CONSUMERS).map(
    ([name, { topics }]) =>
      ({
        ...{ name, topics, className: name, batch: false, moduleUrl: 'data:text/javascript,' },
        ...{ threads: 1, concurrency: 64, startFrom: 'new', order: 'none', maxRetrying: 1_000, whenFull: 'block' },
        isolation: 'thread',
      }) as unknown as ConsumerSpec,
  );
