// The contract of a fault: what it does to the hub, over and over, while producers publish and consumers take notes.
import type { Load } from './producers.js';
import type { Round } from './round.js';
import type { ScratchProject, ScratchSettings } from './scratch-project.js';

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
  /** What this machine lacks for it, such as `no libfaketime`; undefined where it can be run. */
  missing(): string | undefined;
  /** What the hub's environment needs for it. */
  environment?(project: ScratchProject): Readonly<Record<string, string>>;
  /**
   * Does it once. The hub may be running or not, before as well as after. What it finds wrong it tells with
   * `round.problem()`; what it throws ends the round.
   */
  cycle(round: Round): Promise<void>;
  /** Judges the whole round by more than the oracle does, from what was noted; called when all queues are empty. */
  judge?(round: Round): void;
}
