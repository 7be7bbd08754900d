// A gate that a test holds in front of its consumers, in memory shared with their threads. Closed, deliveries wait
// in consume(); the test lets through as many as it wants, or opens it for good.

/** What `test/fixtures/gate.mjs` reads: the number of deliveries that may still pass. */
export type GateMemory = Int32Array<SharedArrayBuffer>;

const OPEN = 0x3fff_ffff;

export class Gate {
  /** To be handed to a consumer as `options.gate`. */
  readonly memory: GateMemory = new Int32Array(new SharedArrayBuffer(4));

  /** Lets so many more deliveries through. */
  allow(deliveries: number): void {
    Atomics.add(this.memory, 0, deliveries);
    Atomics.notify(this.memory, 0);
  }

  open(): void {
    this.allow(OPEN - Atomics.load(this.memory, 0));
  }

  close(): void {
    Atomics.store(this.memory, 0, 0);
  }
}
