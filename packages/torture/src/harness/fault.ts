// The contract of a fault: what it does to the hub, over and over, while producers publish and consumers take notes.
import type { Random } from '../random.js';
import type { Figures } from './figures.js';
import type { HubUnderTorture } from './hub-under-torture.js';
import type { Load, Producers } from './producers.js';
import type { ScratchProject, ScratchSettings } from './scratch-project.js';

/** What a fault has to do with: one round's project, hub and producers. */
export interface Scene {
  readonly project: ScratchProject;
  readonly hub: HubUnderTorture;
  readonly producers: Producers;
  readonly random: Random;
  /** How much longer than it promises the hub may take, in milliseconds. */
  readonly slackMs: number;
  /** Takes what is measured. */
  readonly figures: Figures;
  /** Which cycle it is, from 1. */
  readonly cycles: number;
  /** By consumer, how many of its messages the hub has said to have lost by damage to its files: so many may be missing. */
  readonly damaged: Map<string, number>;
  /** Has producers pause, and resolves when every judged queue is empty, or has had its time, which is a problem. */
  emptied(): Promise<void>;
  /** Says that something is not as promised. */
  problem(what: string): void;
}

/** One kind of thing that goes wrong. */
export interface Fault {
  /** What it is called on the command line: lower-case words, joined by "-". */
  readonly name: string;
  /** What it does, in one line for people, without a full stop. */
  readonly what: string;
  /** What the scratch project is made of. */
  readonly settings: ScratchSettings;
  /** Who publishes; by default a producer over the control socket and one over ZeroMQ. */
  readonly load?: readonly Load[];
  /** Whether the harm is all in messages of its own, so that none of a producer's may become a dead letter. */
  readonly sparesLoad?: boolean;
  /** What this machine lacks for it, such as `no libfaketime`; undefined where it can be run. */
  missing(): string | undefined;
  /** What the hub's environment needs for it. */
  environment?(project: ScratchProject): Readonly<Record<string, string>>;
  /** Does it once. The hub may be running or not, before as well as after. What it throws ends the round. */
  cycle(scene: Scene): Promise<void>;
  /** Takes back what its last cycle left in the way of consumers; called with the hub running, before queues run empty. */
  release?(scene: Scene): Promise<unknown>;
  /** Judges the whole round by more than the oracle does, from what was noted; called when the hub has stopped. */
  judge?(scene: Scene): void;
}
