// One run of the model test: takes actions on the simulated hub and on the naive model, and lets all happen that follows.
import assert from 'node:assert/strict';
import { compilePatterns } from '../../topic.js';
import { listSegments } from '../storage-model/comparison.fixture.js';
import type { Crash, Loss } from '../storage-model/crashing-disk.fixture.js';
import { noteSynced } from './comparison.fixture.js';
import type { DeliveryLane } from './delivery-lane.fixture.js';
import type { DeliveryQueue, ModelConsumer } from './delivery-queue.fixture.js';
import type { Step } from './delivery-script.fixture.js';
import { DeliveryWorld, MOST_ROUNDS } from './delivery-world.fixture.js';
import type { VirtualTime } from './virtual-time.fixture.js';

export type Action =
  | { readonly do: 'publish'; readonly topics: readonly string[]; readonly commit: boolean }
  | { readonly do: 'commit' | 'sync' | 'reap' }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'set wall'; readonly ms: number }
  /** Ends one of the deliveries that are held. */
  | { readonly do: 'end'; readonly which: number }
  | { readonly do: 'pause' | 'resume' | 'requeue' | 'purge'; readonly who: number }
  | { readonly do: 'replay'; readonly who: number; readonly from: number; readonly until: number }
  | { readonly do: 'kill thread'; readonly who: number; readonly which: number }
  /** Others take the places of threads that have ended. */
  | { readonly do: 'replace threads' }
  | ({ readonly do: 'crash later' } & Crash)
  | {
      readonly do: 'restart';
      readonly how: 'stop' | 'abort' | Loss;
      readonly consumers: readonly ModelConsumer[];
      /** What happens to the start. */
      readonly crash: Crash | undefined;
    };

export class DeliveryRun {
  readonly #world: DeliveryWorld;
  #published = 0;

  constructor(consumers: readonly ModelConsumer[], steps: readonly Step[]) {
    this.#world = new DeliveryWorld(consumers, steps);
  }

  get time(): VirtualTime {
    return this.#world.time;
  }

  /** Something failed that nobody waited for. */
  failed(error: unknown): void {
    this.#world.failed(error);
  }

  async begin(): Promise<void> {
    await this.#world.start('stop');
  }

  async take(action: Action): Promise<void> {
    try {
      await this.#perform(action);
      await this.#world.settle();
    } catch (error) {
      if (!this.#world.disk.crashed) throw this.#world.violation ?? error;
    }
    if (this.#world.disk.crashed) await this.#world.crash();
    else this.#world.compare();
  }

  /** Delivers all that can be, whatever it takes, stops, and looks at it all once more. */
  async finish(): Promise<void> {
    this.#world.disk.disarm();
    this.#world.script.isOver = true;
    await this.#world.replaceEnded();
    this.#world.hub.commit();
    const { queues } = this.#world.hub;
    const isEmpty = () => queues.every(({ shared }) => shared.backlog() === 0);
    for (let rounds = 0; !isEmpty(); rounds++) {
      assert(
        rounds < MOST_ROUNDS,
        `a queue never ends: ${queues.map(({ name, shared }) => `${name} ${shared.backlog()}`)}`,
      );
      for (const queue of queues) this.#resume(queue);
      await this.#world.round();
      await this.#world.replaceEnded();
      await this.#world.settle();
    }
    this.#world.compare();
    await this.#world.restart('stop', this.#world.consumers);
    this.#world.compare();
    await this.#world.stop(false);
    assert.equal(this.#world.files.openFiles, 0, 'files left open');
  }

  async #perform(action: Action): Promise<void> {
    switch (action.do) {
      case 'publish':
        for (const topic of action.topics) this.#world.hub.publish(topic, `${this.#published++}`);
        if (action.commit) this.#world.hub.commit();
        break;
      case 'commit':
        this.#world.hub.commit();
        break;
      case 'sync':
        for (const lane of this.#world.lanes) if (lane.isAlive) lane.sync();
        // A lane that has ended has left its log as it was.
        if (this.#world.lanes.every(({ isAlive }) => isAlive)) noteSynced(this.#world.model);
        break;
      case 'reap':
        this.#world.noteSegments();
        this.#world.hub.reap();
        break;
      case 'advance':
        await this.#world.time.advance(action.ms, () => this.#world.settle());
        break;
      case 'set wall':
        this.#setWall(action.ms);
        break;
      case 'end':
        this.#world.held.splice(action.which % Math.max(1, this.#world.held.length), 1)[0]?.();
        break;
      case 'replace threads':
        await this.#world.replaceEnded();
        break;
      case 'crash later':
        this.#world.disk.crash(action);
        break;
      case 'restart':
        await this.#world.restart(action.how, action.consumers, action.crash);
        break;
      default: {
        const queue = this.#world.hub.queues[action.who % Math.max(1, this.#world.hub.queues.length)];
        if (queue !== undefined) this.#performOn(queue, action);
      }
    }
  }

  #performOn(queue: DeliveryQueue, action: Extract<Action, { who: number }>): void {
    const model = this.#world.model.queue(queue.name);
    switch (action.do) {
      case 'pause':
        this.#world.isPausing = true;
        queue.gate.pause('2030-01-01T00:00:00Z', undefined);
        model.isPaused = true;
        this.#world.isPausing = false;
        break;
      case 'resume':
        this.#resume(queue);
        break;
      case 'requeue':
      case 'purge':
        // What a thread has left is taken back when it ends: until then nobody can say which letters there are.
        if (queue.lanes.some(({ isAlive }) => !isAlive)) break;
        model.areLettersGoing = true;
        if (action.do === 'requeue') this.#world.hub.requeue(queue, queue.findLetters());
        else queue.removeLetters(queue.findLetters());
        model.letters.clear();
        model.areLettersGoing = false;
        break;
      case 'replay':
        this.#replay(queue, action.from, action.until);
        break;
      case 'kill thread':
        this.#world.kill(queue.lanes[action.which % queue.lanes.length] as DeliveryLane);
    }
  }

  #resume(queue: DeliveryQueue): void {
    const model = this.#world.model.queue(queue.name);
    this.#world.isPausing = true;
    // Only a hub that goes on makes do without it.
    const unkept = queue.gate.resume();
    if (unkept !== undefined) throw unkept;
    model.isPaused = false;
    model.isHalted = false;
    this.#world.isPausing = false;
  }

  /** Replays a part of what was ever committed, given in hundredths of it. */
  #replay(queue: DeliveryQueue, from: number, until: number): void {
    const { committed } = this.#world.hub;
    const [begin, end] = [from, until].map((part) => Math.floor((committed * part) / 100)) as [number, number];
    this.#world.noteSegments();
    const segments = listSegments(this.#world.files);
    const matches = compilePatterns(queue.consumer.patterns);
    const wanted = this.#world.model.messages
      .filter((each) => each.end <= committed && matches(each.message.topic) && !each.message.requeued)
      .map(({ message }) => message.position)
      .filter((position) => position >= begin && position < end)
      .filter((position) => segments.includes(this.#world.segmentOf(position)));
    const before = this.#world.model.queue(queue.name).entries.length;
    this.#world.hub.replay(queue, begin, end);
    const replayed = this.#world.model.queue(queue.name).entries.slice(before);
    const positions = replayed.map(({ message }) => message.position);
    assert.deepEqual(positions, wanted, `what ${queue.name} was given by a replay`);
  }

  #setWall(ms: number): void {
    this.#world.jumped = true;
    this.#world.time.setWall(ms);
    for (const { entries } of this.#world.model.queues.values()) {
      for (const entry of entries) if (entry.ending === undefined && entry.resumed) this.#world.rules.resume(entry);
    }
  }
}
