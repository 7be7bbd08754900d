// The producers of a round: each publishes at its rate, over one of the ways into a hub that acknowledge.
import { setTimeout as sleep } from 'node:timers/promises';
import { Notes } from '../oracle/notes.js';
import { Producer } from './producer.js';
import type { ScratchProject } from './scratch-project.js';
import { ControlWay, RouterWay } from './ways.js';

/** What one producer does. */
export interface Load {
  /** Letters, digits and "_"; no other producer's. */
  readonly name: string;
  /** Over the control socket, or over ZeroMQ to a ROUTER. */
  readonly way: 'control' | 'router';
  /** Messages a second, at most. */
  readonly perSecond: number;
  /** Messages in one request; 1 over ZeroMQ. */
  readonly together: number;
}

/** How long a hub that runs may take to accept a message, in milliseconds, before a round is given up. */
const GIVE_UP_AFTER_MS = 60_000;

const LOOK_EVERY_MS = 5;

const BOTH_WAYS: readonly Load[] = [
  { name: 'control', way: 'control', perSecond: 500, together: 10 },
  { name: 'router', way: 'router', perSecond: 100, together: 1 },
];

export class Producers {
  readonly #all: readonly Producer[];
  readonly #notes: Notes;
  #stopped = false;

  constructor({ accepted, dataDir, router }: ScratchProject, loads: readonly Load[] = BOTH_WAYS) {
    const notes = new Notes(accepted);
    this.#notes = notes;
    this.#all = loads.map(({ way, ...load }) => {
      const to = way === 'control' ? new ControlWay(dataDir) : new RouterWay(router);
      return new Producer({ ...load, way: to, notes });
    });
  }

  /** Messages accepted so far. */
  get accepted(): number {
    return this.#all.reduce((sum, { accepted }) => sum + accepted, 0);
  }

  /** Bytes of their bodies. */
  get acceptedBytes(): number {
    return this.#all.reduce((sum, { acceptedBytes }) => sum + acceptedBytes, 0);
  }

  /** They begin to publish, or go on. */
  start(): void {
    for (const producer of this.#all) producer.start();
  }

  /** Resolves when a message is accepted that was not before. They must have been started. */
  async untilAccepted(): Promise<void> {
    const before = this.accepted;
    const giveUpAtMs = performance.now() + GIVE_UP_AFTER_MS;
    while (this.accepted === before) {
      if (performance.now() > giveUpAtMs) throw new Error(`no message was accepted for ${GIVE_UP_AFTER_MS / 1_000} s`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  /**
   * Resolves when nothing is on its way any more, which takes a hub that runs.
   *
   * @throws What the hub has refused for good.
   */
  async pause(): Promise<void> {
    await Promise.all(this.#all.map((producer) => producer.pause()));
  }

  /** Ends them for good, whether or not a hub runs: what has no answer by now counts as not accepted. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    await Promise.allSettled(this.#all.map((producer) => producer.stop()));
    this.#notes.close();
  }
}
