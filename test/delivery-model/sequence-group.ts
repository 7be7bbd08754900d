// Sequences that share a hub, since a start of its threads takes far more time than all that a sequence does: each has a
// queue of its own, they are stopped or killed together, and some messages go to all of them.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { HubConfig } from '@penstock/hub';
import { recount } from '../support/naive-recount.js';
import { randomFrom } from '../support/random.js';
import { fixture } from '../support/test-hub.js';
import { until } from '../support/until.js';
import { type RunningHub, startChild, startHere } from './running-hub.js';
import { publish, Sequence, WITNESS } from './sequence.js';

/** How many sequences are in each group. */
export const GROUP_SIZE = 10;
const MOST_SHARED = 5;

export class SequenceGroup {
  readonly #random: () => number;
  readonly #folder: string;
  readonly #dataDir: string;
  readonly #sequences: readonly Sequence[];
  /** Whether hubs run in processes of their own, and are killed: with every other seed. */
  readonly #killing: boolean;
  #numbers = 0;
  #hub: RunningHub | undefined;

  constructor(seed: number, folder: string) {
    this.#random = randomFrom(seed);
    this.#folder = folder;
    this.#dataDir = join(folder, 'data');
    this.#killing = seed % 2 === 0;
    const surroundings = { folder, dataDir: this.#dataDir, nextNumber: () => this.#numbers++ };
    this.#sequences = Array.from(
      { length: GROUP_SIZE },
      (_, index) => new Sequence(`q${index}`, Math.floor(this.#random() * 2 ** 31), surroundings),
    );
  }

  async run(): Promise<void> {
    let hub = await this.#start();
    for (let restarts = this.#random() < 0.7 ? 1 : 2; restarts > 0; restarts--) {
      await this.#live(hub);
      hub = await this.#restart(hub);
    }
    await this.#live(hub);
    await this.#all((sequence) => sequence.goOn(hub));
    await this.#drained(hub);
    await this.#stop(hub);
    const counts = recount(this.#dataDir);
    for (const { name, given } of this.#sequences) {
      const expected = { enqueued: given, settled: given, backlog: 0 };
      assert.deepEqual(counts.get(name), expected, `entries of ${name}, by its files`);
    }
  }

  /** Ends the hub, whatever has become of the sequences. */
  async end(): Promise<void> {
    await (this.#hub?.kill?.() ?? this.#hub?.stop());
  }

  async #live(hub: RunningHub): Promise<void> {
    const [first] = this.#sequences as [Sequence];
    const shared = first.newMessages(MOST_SHARED);
    for (const sequence of this.#sequences) sequence.expect(shared);
    await publish(hub, 'test.all', shared);
    await this.#all((sequence) => sequence.live(hub));
  }

  /** What is settled is not back. */
  async #restart(hub: RunningHub): Promise<RunningHub> {
    const before = (await hub.snapshot()).consumers;
    if (hub.kill !== undefined && this.#random() < 0.7) await this.#kill(hub.kill);
    else await this.#stop(hub);
    const next = await this.#start();
    const after = (await next.snapshot()).consumers;
    for (const { consumer, backlog } of before) {
      const now = after.find((each) => each.consumer === consumer)?.backlog ?? Number.NaN;
      assert(now <= backlog, `${consumer} had a backlog of ${backlog}, and after the restart of ${now}`);
    }
    return next;
  }

  /** All comes to an end, each message to its own. */
  async #drained(hub: RunningHub): Promise<void> {
    await until('every backlog is 0', async () =>
      (await hub.snapshot()).consumers.every(({ backlog }) => backlog === 0),
    );
    for (const consumer of (await hub.snapshot()).consumers) {
      this.#sequences.find(({ name }) => name === consumer.consumer)?.check(consumer);
    }
  }

  async #start(): Promise<RunningHub> {
    const consumers = this.#sequences.map((sequence) => [sequence.name, sequence.settings()] as const);
    const options = { log: join(this.#folder, `${WITNESS}.log`) };
    const witness = { module: fixture('record'), topics: ['test.>'], options };
    const config: HubConfig = {
      dataDir: this.#dataDir,
      retain: { bytes: 1e9 },
      consumers: Object.fromEntries([...consumers, [WITNESS, witness]]),
    };
    this.#hub = await (this.#killing ? startChild(config) : startHere(config));
    return this.#hub;
  }

  async #stop(hub: RunningHub): Promise<void> {
    await hub.stop();
    this.#hub = undefined;
  }

  async #kill(kill: () => Promise<void>): Promise<void> {
    await kill();
    this.#hub = undefined;
  }

  /** Waits for all of them, also when one has failed: none is to go on with a hub that has ended. */
  async #all(what: (sequence: Sequence) => Promise<void>): Promise<void> {
    const results = await Promise.allSettled(this.#sequences.map(what));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}
