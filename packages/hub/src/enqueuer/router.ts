// Which queues a topic goes to. Patterns are matched once for each topic; after that it is one look-up.
import { checkTopic, compilePatterns } from '../topic.js';

/** A queue that takes what matches its patterns. */
export interface RoutedQueue {
  readonly number: number;
  readonly patterns: readonly string[];
}

/** A set of queues that some topics go to. The enqueuer writes it down once in each segment. */
export interface Route {
  readonly queues: readonly number[];
  /** Its number in the segment in which it was written down last. */
  number: number;
  /** Which segment that is; it has to be written down again in another. */
  segment: number;
}

/** What is known of a topic. */
export interface TopicRoute {
  /** UTF-8. */
  readonly topic: Uint8Array;
  readonly route: Route;
}

/** Topics remembered. A bus with more (an id as a token) has the rest matched anew. */
const MOST_TOPICS = 16_384;

export class Router {
  readonly #queues: readonly { number: number; matches: (topic: string) => boolean }[];
  readonly #routes = new Map<string, Route>();
  #topics = new Map<string, TopicRoute>();
  /** The generation before: what is used again moves up, the rest is forgotten. */
  #older = new Map<string, TopicRoute>();

  constructor(queues: readonly RoutedQueue[]) {
    this.#queues = queues.map(({ number, patterns }) => ({ number, matches: compilePatterns(patterns) }));
  }

  /** @throws TOPIC_INVALID */
  route(topic: string): TopicRoute {
    return this.#topics.get(topic) ?? this.#look(topic);
  }

  /** The route into one queue alone, whatever its patterns. */
  only(queue: number): Route {
    return this.#routeTo([queue]);
  }

  #look(topic: string): TopicRoute {
    const known = this.#older.get(topic) ?? this.#match(topic);
    if (this.#topics.size >= MOST_TOPICS) {
      this.#older = this.#topics;
      this.#topics = new Map();
    }
    this.#topics.set(topic, known);
    return known;
  }

  #match(topic: string): TopicRoute {
    checkTopic(topic);
    const queues = this.#queues.filter((queue) => queue.matches(topic)).map((queue) => queue.number);
    return { topic: new TextEncoder().encode(topic), route: this.#routeTo(queues) };
  }

  #routeTo(queues: readonly number[]): Route {
    const key = queues.join();
    const known = this.#routes.get(key);
    if (known !== undefined) return known;
    const route = { queues, number: 0, segment: -1 };
    this.#routes.set(key, route);
    return route;
  }
}
