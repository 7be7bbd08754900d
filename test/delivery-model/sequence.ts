// One sequence: a queue of a hub that it shares with others, decided by a seed, beside a model of a few naive lines: what
// becomes of each message follows from what it says itself (test/fixtures/scripted.mjs).
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { HubConfig } from '@penstock/hub';
import { DeadLetterAccess, QueueAccess } from '@penstock/hub/control';
import { readNotes } from '../support/deliveries.js';
import { randomFrom } from '../support/random.js';
import type { ScriptedNote } from '../support/scripted-project.js';
import { fixture } from '../support/test-hub.js';
import { until } from '../support/until.js';
import type { RunningHub } from './running-hub.js';

const MAX_ATTEMPTS = 3;
const DELAY_MS = 4;
const MOST_THREADS = 2;
const SCRIPTS = [
  [],
  [],
  [],
  ['throw'],
  ['throw', 'drop'],
  ['drop'],
  ['dead'],
  ['throw', 'throw', 'throw'],
  ['later 6'],
];
const KEYS = ['x', 'y', undefined];

/** The consumer of a group that gets all messages, takes each at its first attempt, and is never paused. */
export const WITNESS = 'witness';

export interface Message {
  readonly n: number;
  readonly key: string | undefined;
  readonly words: readonly string[];
}

interface Surroundings {
  readonly folder: string;
  readonly dataDir: string;
  /** Of messages, in the whole group. */
  readonly nextNumber: () => number;
}

type ConsumerSettings = NonNullable<HubConfig['consumers']>[string];
type Consumer = Awaited<ReturnType<RunningHub['snapshot']>>['consumers'][number];

export class Sequence {
  readonly name: string;
  readonly #surroundings: Surroundings;
  readonly #random: () => number;
  readonly #order: 'none' | 'key' | 'strict';
  readonly #published: Message[] = [];
  #given = 0;
  #dead = 0;
  #wasReplayed = false;
  /** While its consumer is paused, how many deliveries had begun by then. */
  #begunWhenPaused: number | undefined;

  constructor(name: string, seed: number, surroundings: Surroundings) {
    this.name = name;
    this.#surroundings = surroundings;
    this.#random = randomFrom(seed);
    this.#order = this.#oneOf(['none', 'key', 'strict'] as const);
  }

  /** How many entries its queue was given. */
  get given(): number {
    return this.#given;
  }

  /** For one start of the hub; the next one can have others. */
  settings(): ConsumerSettings {
    const isStrict = this.#order === 'strict';
    return {
      module: fixture('scripted'),
      options: { log: this.#log },
      topics: [this.#topic, 'test.all'],
      threads: isStrict || this.#random() < 0.7 ? 1 : MOST_THREADS,
      concurrency: isStrict ? 1 : 1 + this.#upTo(3),
      order: this.#order,
      ...(this.#order === 'key' ? { orderKey: { header: 'key' } } : {}),
      retry: { maxAttempts: MAX_ATTEMPTS, backoff: { initialMs: DELAY_MS, maxMs: DELAY_MS, factor: 1, jitter: 0 } },
      maxRetrying: this.#oneOf([2, 1_000]),
    };
  }

  newMessages(most: number): Message[] {
    return Array.from({ length: 1 + this.#upTo(most - 1) }, () => {
      return { n: this.#surroundings.nextNumber(), key: this.#oneOf(KEYS), words: this.#oneOf(SCRIPTS) };
    });
  }

  /** Notes messages that its queue is given, in that order, before they are published. */
  expect(messages: readonly Message[]): void {
    this.#published.push(...messages);
    this.#given += messages.length;
    this.#dead += messages.filter(endsDead).length;
  }

  /** What it does while the hub runs once; the hub may end as soon as this returns. */
  async live(hub: RunningHub): Promise<void> {
    await this.goOn(hub);
    for (let steps = 1 + this.#upTo(2); steps > 0; steps--) {
      await this.#publish(hub);
      switch (this.#oneOf(['pause', 'pause', 'replay', 'requeue', 'go on'] as const)) {
        case 'pause':
          await this.#pause(hub);
          break;
        case 'replay':
          await this.#replay(hub);
          break;
        case 'requeue':
          await this.#requeue();
          break;
        case 'go on':
      }
    }
  }

  /** Nothing has begun while its consumer was paused, not even after a restart; now it goes on. */
  async goOn(hub: RunningHub): Promise<void> {
    if (this.#begunWhenPaused === undefined) return;
    await this.#until(hub, 'others go on', WITNESS, ({ backlog }) => backlog === 0);
    // Each thread may have been about to begin one.
    const late = this.#begun() - this.#begunWhenPaused;
    assert(late <= MOST_THREADS, `${late} deliveries to ${this.name} that begin while it is paused`);
    this.#begunWhenPaused = undefined;
    await hub.resume(this.name);
  }

  /** Everything is settled: each message came to the end that it asked for. */
  check({ deadLetters }: Consumer): void {
    assert.equal(deadLetters, this.#dead, `dead letters of ${this.name}`);
    const ended = this.#checkNotes();
    const missing = this.#published.filter(({ n }) => !ended.has(n)).map(({ n }) => n);
    assert.deepEqual(missing, [], `messages that ${this.name} never got`);
  }

  async #publish(hub: RunningHub): Promise<void> {
    const messages = this.newMessages(20);
    this.expect(messages);
    await publish(hub, this.#topic, messages);
  }

  async #pause(hub: RunningHub): Promise<void> {
    await hub.pause(this.name);
    await this.#until(hub, 'what was in flight has ended', this.name, ({ inFlight }) => inFlight === 0);
    this.#begunWhenPaused = this.#begun();
    await this.#publish(hub);
    if (this.#random() < 0.5) await this.goOn(hub);
  }

  async #replay(hub: RunningHub): Promise<void> {
    this.#wasReplayed = true;
    const { replayed } = await hub.replay(this.name, { from: 'earliest' });
    assert.equal(replayed, this.#published.length, `messages replayed into ${this.name}`);
    this.#given += replayed;
    this.#dead += this.#published.filter(endsDead).length;
  }

  /** Whatever is a dead letter by now is delivered again, and becomes one again. */
  async #requeue(): Promise<void> {
    const letters = await DeadLetterAccess.open(new QueueAccess(this.#surroundings.dataDir, undefined), this.name);
    const { done, problems } = await letters.change('requeue', {}, () => {});
    assert.deepEqual(problems, [], `dead letters of ${this.name} that are not requeued`);
    assert(done <= this.#dead, `${done} dead letters of ${this.name} are requeued, of ${this.#dead}`);
    this.#given += done;
  }

  /** No attempt came too early, and none passed another against the order of its queue. Returns who has ended. */
  #checkNotes(): ReadonlySet<number> {
    const published = new Map(this.#published.map((message) => [message.n, message]));
    const ended = new Set<number>();
    const failed = new Map<number, ScriptedNote>();
    for (const note of readNotes<ScriptedNote>(this.#log)) {
      const message = published.get(note.n);
      const what = `message ${note.n}, attempt ${note.attempt}, of ${this.name}`;
      assert(message !== undefined && note.attempt >= 1 && note.attempt <= MAX_ATTEMPTS, what);
      if (note.event === 'end') {
        if (isFailure(note.word) && note.attempt < MAX_ATTEMPTS) failed.set(note.n, note);
        else ended.add(note.n);
        // Two entries of one message can be delivered at once after a replay.
      } else if (!this.#wasReplayed) {
        const last = failed.get(note.n);
        if (last !== undefined && last.attempt + 1 === note.attempt) {
          const waitedMs = note.atMs - last.atMs;
          assert(waitedMs >= DELAY_MS - 1, `${what}, comes ${waitedMs} ms after the one before`);
        }
        if (!ended.has(note.n)) this.#checkOrder(message, ended);
      }
    }
    return ended;
  }

  #checkOrder({ n, key }: Message, ended: ReadonlySet<number>): void {
    if (this.#order === 'none' || (this.#order === 'key' && key === undefined)) return;
    for (const before of this.#published) {
      if (before.n === n) return;
      const isPassed = !ended.has(before.n) && (this.#order === 'strict' || before.key === key);
      assert(!isPassed, `message ${n} of ${this.name}, with order ${this.#order}, passes ${before.n}`);
    }
  }

  /** How many of its deliveries have begun. */
  #begun(): number {
    return readNotes<ScriptedNote>(this.#log).filter(({ event }) => event === 'begin').length;
  }

  #until(hub: RunningHub, what: string, name: string, holds: (consumer: Consumer) => boolean): Promise<true> {
    return until(`${this.name}: ${what}`, async () => {
      const { consumers } = await hub.snapshot();
      return consumers.some((each) => each.consumer === name && holds(each));
    });
  }

  get #log(): string {
    return join(this.#surroundings.folder, `${this.name}.log`);
  }

  get #topic(): string {
    return `test.${this.name}`;
  }

  #upTo(most: number): number {
    return Math.floor(this.#random() * (most + 1));
  }

  #oneOf<Each>(all: readonly Each[]): Each {
    return all[this.#upTo(all.length - 1)] as Each;
  }
}

/** In that order, and durably. */
export async function publish(hub: RunningHub, topic: string, messages: readonly Message[]): Promise<void> {
  await Promise.all(
    messages.map(({ n, key, words }) =>
      hub.publish(topic, JSON.stringify({ n, do: words }), key === undefined ? {} : { key }),
    ),
  );
}

/** Whether a message becomes a dead letter in any queue. */
function endsDead({ words }: Message): boolean {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const word = words[Math.min(attempt, words.length) - 1] ?? 'ack';
    if (!isFailure(word)) return word === 'dead';
  }
  return true;
}

const isFailure = (word: string): boolean => word === 'throw' || word.startsWith('later');
