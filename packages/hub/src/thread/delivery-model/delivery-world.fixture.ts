// The simulated hub and the naive model side by side: what the one does is noted in the other, and whenever nothing goes
// on, the two are compared. A crash ends the hub at any operation on the disk, also while it starts; what the disk then
// shows decides between what the model allows.
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { MemoryFiles } from '../../files/memory-files.js';
import { compilePatterns } from '../../topic.js';
import { listSegments } from '../storage-model/comparison.fixture.js';
import { type Crash, CrashingDisk, type Loss } from '../storage-model/crashing-disk.fixture.js';
import {
  adopt,
  compareGauges,
  compareIdleness,
  compareLetters,
  compareTallies,
  type End,
  noteSynced,
  noteWritten,
} from './comparison.fixture.js';
import { DATA, DeliveryHub, type DeliveryHubObserver } from './delivery-hub.fixture.js';
import type { DeliveryLane } from './delivery-lane.fixture.js';
import type { DeliveryQueue, ModelConsumer } from './delivery-queue.fixture.js';
import { DeliveryRules } from './delivery-rules.fixture.js';
import { Script, type Step } from './delivery-script.fixture.js';
import { type Ending, type ModelMessage, NaiveModel } from './naive-model.fixture.js';
import { ScriptedConsumer } from './scripted-consumer.fixture.js';
import { VirtualTime } from './virtual-time.fixture.js';

/** So many turns of the event loop without anything are taken for the end of it. */
const QUIET_TURNS = 5;
const MOST_TURNS = 5_000;
/** And so many times that time goes on to what is to come next. */
export const MOST_ROUNDS = 2_000;

export class DeliveryWorld {
  readonly time = new VirtualTime();
  readonly files = new MemoryFiles();
  readonly disk = new CrashingDisk(this.files);
  readonly model = new NaiveModel();
  readonly rules = new DeliveryRules(this.model, this.time);
  readonly script: Script;
  readonly #observer: DeliveryHubObserver;
  /** Of each queue, how many entries of each ending a loss of power has made nobody count. */
  readonly #lost = new Map<string, Map<Ending, number>>();
  readonly #sent = new Set<string>();
  held: (() => void)[] = [];
  consumers: readonly ModelConsumer[];
  hub!: DeliveryHub;
  jumped = false;
  /** While a pause is being written down, nobody can say whether it is. */
  isPausing = false;
  violation: unknown;
  /** First positions of all segments that there were. */
  #segments: number[] = [];

  constructor(consumers: readonly ModelConsumer[], steps: readonly Step[]) {
    this.consumers = consumers;
    this.script = new Script(steps);
    this.#observer = {
      published: (message, end) => this.#take(message, end),
      requeued: (queue, ordinal, message, end) => {
        const letter = this.model.queue(queue).letters.get(ordinal);
        this.#checked(() =>
          assert.equal(message.id, letter?.message.id, `id of dead letter ${ordinal}, put into ${queue} again`),
        );
        this.model.messages.push({ message, end });
        this.model.enqueue(queue, message, end);
      },
      replayed: (queue, positions, end) => {
        for (const position of positions) {
          const found = this.model.messages.find(({ message }) => message.position === position);
          if (found !== undefined) this.model.enqueue(queue, found.message, end);
        }
      },
    };
    this.files.makeDirectory(DATA);
  }

  /** Whether the process is taken to be gone: what fails now fails because of that. */
  get crashed(): boolean {
    return this.disk.crashed;
  }

  /** Something failed that nobody waited for. */
  failed(error: unknown): void {
    if (!this.disk.crashed && !isCrash(error)) this.violation ??= error;
  }

  get lanes(): DeliveryLane[] {
    return this.hub.queues.flatMap(({ lanes }) => lanes);
  }

  kill(lane: DeliveryLane): void {
    lane.kill();
    for (const { entries } of this.model.queues.values()) {
      for (const entry of entries) {
        if (entry.lane !== lane) continue;
        entry.suspected ||= entry.inFlight;
        entry.inFlight = false;
      }
    }
  }

  /** To be called before any can go. */
  noteSegments(): void {
    this.#segments = [...new Set([...this.#segments, ...listSegments(this.files)])].sort((a, b) => a - b);
  }

  /** The first position of the segment that a position is, or was, in. */
  segmentOf(position: number): number {
    return this.#segments.findLast((first) => first <= position) ?? Number.NaN;
  }

  async replaceEnded(): Promise<void> {
    for (const queue of this.hub.queues) {
      for (const lane of queue.lanes) {
        if (lane.isAlive) continue;
        const model = this.model.queue(queue.name);
        queue.replaceLane(lane.index, () => adopt(this.files, queue, model, this.rules, 'thread', lane));
      }
    }
  }

  #take(message: ModelMessage, end: number): void {
    if (message.topic.startsWith('d.')) {
      this.#checked(() =>
        assert(
          this.#sent.has(`${message.topic} ${message.id} ${message.body}`),
          `${message.id} was published by nobody`,
        ),
      );
    }
    const routed = this.consumers.filter(({ patterns }) => compilePatterns(patterns)(message.topic));
    this.model.publish(
      message,
      end,
      routed.map(({ name }) => name),
    );
  }

  /** Lets happen what can happen without anything from outside. */
  async settle(): Promise<void> {
    let seen = -1;
    let quiet = 0;
    for (let turns = 0; quiet < QUIET_TURNS; turns++) {
      assert(turns < MOST_TURNS, 'the hub goes on and on');
      this.time.runDue();
      await turn();
      const now = this.time.changes + this.rules.events;
      quiet = now === seen ? quiet + 1 : 0;
      seen = now;
    }
    if (this.violation !== undefined) throw this.violation;
    if (!this.disk.crashed) noteWritten(this.model);
  }

  /** Ends what is held, commits, and goes on to what is to come next. */
  async round(): Promise<void> {
    await this.settle();
    for (const end of this.held.splice(0)) end();
    await this.settle();
    this.hub.commit();
    await this.settle();
    const { nextMs } = this.time;
    if (Number.isFinite(nextMs)) await this.time.advance(Math.max(0, nextMs - this.time.nowMs), () => this.settle());
  }

  async stop(abort: boolean): Promise<void> {
    this.rules.isStopping = true;
    const alive = this.lanes.filter(({ isAlive }) => isAlive);
    for (const { shared } of this.hub.queues) shared.stopping = true;
    let hasStopped = false;
    const stopped = Promise.all(alive.map((lane) => lane.stopped())).then(() => {
      hasStopped = true;
    });
    stopped.catch(() => {});
    if (abort) for (const lane of alive) lane.abort();
    for (let rounds = 0; !hasStopped; rounds++) {
      assert(rounds < MOST_ROUNDS, 'the hub does not stop');
      if (this.disk.crashed) throw new Error('the process is gone');
      await this.round();
    }
    await stopped;
    this.hub.stop();
    noteSynced(this.model);
    this.rules.isStopping = false;
  }

  async restart(how: 'stop' | 'abort' | Loss, consumers: readonly ModelConsumer[], crash?: Crash): Promise<void> {
    if (how === 'stop' || how === 'abort') {
      await this.replaceEnded();
      await this.stop(how === 'abort');
      assert.equal(this.files.openFiles, 0, 'files left open');
    } else {
      this.hub.drop();
      this.disk.lose(how);
    }
    this.consumers = consumers;
    if (crash !== undefined) this.disk.crash(crash);
    await this.start(how === 'abort' ? 'stop' : how);
  }

  async crash(): Promise<void> {
    this.hub.drop();
    await this.start(this.disk.lose());
    this.compare();
  }

  /** Starts a hub on what is there, again and again while it crashes at that. */
  async start(how: Exclude<End, 'thread'>): Promise<void> {
    for (let end = how; ; ) {
      this.rules.isStopping = false;
      this.held = [];
      this.time.forget();
      try {
        this.#open(end);
        await this.settle();
      } catch (error) {
        if (!this.disk.crashed) throw this.violation ?? error;
      }
      if (!this.disk.crashed) return;
      this.hub?.drop();
      const next = this.disk.lose();
      end = end === 'power' ? end : next;
    }
  }

  #open(end: Exclude<End, 'thread'>): void {
    const hub = new DeliveryHub({
      files: this.files,
      consumers: this.consumers,
      observer: this.#observer,
      instance: (queue, lane) => this.#instance(queue, lane),
    });
    this.hub = hub;
    this.model.recover(hub.openedAt);
    this.#segments = this.#segments.filter((first) => first < hub.openedAt);
    this.noteSegments();
    for (const queue of hub.queues) this.#adopt(queue, end);
    this.isPausing = false;
    hub.start();
  }

  #adopt(queue: DeliveryQueue, end: Exclude<End, 'thread'>): void {
    const model = this.model.queue(queue.name);
    assert.equal(queue.shared.enqueued.get(), model.entries.length, `entries of ${queue.name}`);
    const lost = this.#lost.get(queue.name) ?? new Map();
    this.#lost.set(queue.name, lost);
    adopt(this.files, queue, model, this.rules, end);
    compareTallies(queue, model, lost, end);
    const isPaused = queue.gate.closedBy === 'paused';
    assert(this.isPausing || isPaused === model.isPaused, `${queue.name} is ${isPaused ? '' : 'not '}paused`);
    model.isPaused = isPaused;
    model.isHalted = false;
    model.begun = [];
    compareLetters(queue, model);
    model.areLettersGoing = false;
  }

  #instance(queue: DeliveryQueue, lane: DeliveryLane): ScriptedConsumer['instance'] {
    const parts = {
      script: this.script,
      rules: this.rules,
      time: this.time,
      held: () => new Promise<void>((resolve) => this.held.push(resolve)),
      isGone: () => this.disk.crashed,
      kill: (each: DeliveryLane) => this.kill(each),
      sends: ({ topic, id, body }: { topic: string; id: string; body: string }) =>
        this.#sent.add(`${topic} ${id} ${body}`),
      checked: <Result>(work: () => Result) => this.#checked(work),
    };
    return new ScriptedConsumer(parts, queue, lane).instance;
  }

  /** Does something that a consumer must not swallow the failure of. */
  #checked<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      this.violation ??= error;
      throw error;
    }
  }

  compare(): void {
    const { queues, committed } = this.hub;
    const hasEnded = this.lanes.some(({ isAlive }) => !isAlive);
    for (const queue of queues) {
      if (hasEnded) continue;
      const model = this.model.queue(queue.name);
      compareGauges(queue, model, committed);
      compareIdleness(queue, model, committed, this.time.nowMs, this.jumped);
    }
  }
}

/** What the disk of a process that is gone says, also to those who hear of it late. */
const isCrash = (error: unknown): boolean => /^the process (ends here|is gone)$/.test((error as Error).message);
