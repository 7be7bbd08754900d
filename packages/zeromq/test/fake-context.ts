// A hub made of arrays: what the source hands over, what it rejects, and what it logs.
import type { Headers, Logger, SourceContext, SourceIntake } from '@penstock/hub/source';

export interface Accepted {
  readonly topic: string;
  readonly headers: Headers | undefined;
  readonly body: Buffer;
}

export interface Line {
  readonly level: keyof Logger;
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

export class FakeContext implements SourceContext {
  readonly name = 'bus';
  readonly accepted: Accepted[] = [];
  readonly rejected: string[] = [];
  readonly lines: Line[] = [];
  /** Reasons of the connections that were refused. */
  readonly refusals: string[] = [];
  /** Messages reported as missed. */
  missedCount = 0;
  /** Called before a message is taken; what it throws is what `accept` throws. */
  onAccept: (topic: string) => void = () => {};
  /** What `committed` gives. */
  onCommitted: () => Promise<void> = () => Promise.resolve();
  #waiting: { met: () => boolean; resolve: () => void }[] = [];
  #saturated = false;
  #held = false;
  #writable: (() => void)[] = [];

  readonly log: Logger = {
    debug: (text, fields) => this.#line({ level: 'debug', text, fields }),
    info: (text, fields) => this.#line({ level: 'info', text, fields }),
    warn: (text, fields) => this.#line({ level: 'warn', text, fields }),
    error: (text, fields) => this.#line({ level: 'error', text, fields }),
  };

  /** The same hub for messages that are answered: nothing but {@link saturated} holds it. */
  readonly answering: SourceIntake = ((hub: FakeContext) => ({
    accept: (topic: string, body: Uint8Array | string, headers?: Headers) => hub.accept(topic, body, headers),
    get saturated() {
      return hub.#saturated;
    },
    writable: () => hub.writable(),
  }))(this);

  get saturated(): boolean {
    return this.#saturated || this.#held;
  }

  set saturated(value: boolean) {
    this.#saturated = value;
    this.#wakeWriters();
  }

  /** Holds all but what is answered, as a full queue does. */
  set held(value: boolean) {
    this.#held = value;
    this.#wakeWriters();
  }

  /** How many loops wait until the hub takes messages again. */
  get waitingForWritable(): number {
    return this.#writable.length;
  }

  get topics(): string[] {
    return this.accepted.map(({ topic }) => topic);
  }

  accept(topic: string, body: Uint8Array | string, headers?: Headers): number {
    this.onAccept(topic);
    this.accepted.push({ topic, headers, body: Buffer.from(body) });
    this.#check();
    return this.accepted.length;
  }

  committed(): Promise<void> {
    return this.onCommitted();
  }

  reject(reason: string): void {
    this.rejected.push(reason);
    this.#check();
  }

  refused(reason: string): void {
    this.refusals.push(reason);
    this.#check();
  }

  missed(count: number): void {
    this.missedCount += count;
    this.#check();
  }

  writable(): Promise<void> {
    if (!this.saturated) return Promise.resolve();
    return new Promise((resolve) => {
      this.#writable.push(resolve);
      this.#check();
    });
  }

  warnings(): string[] {
    return this.lines.filter(({ level }) => level === 'warn').map(({ text }) => text);
  }

  /** Resolves as soon as the condition holds; it is looked at whenever anything happens. */
  until(met: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ met, resolve });
      this.#check();
    });
  }

  #wakeWriters(): void {
    if (!this.saturated) for (const resolve of this.#writable.splice(0)) resolve();
    this.#check();
  }

  #line(line: Line): void {
    this.lines.push(line);
    this.#check();
  }

  #check(): void {
    this.#waiting = this.#waiting.filter(({ met, resolve }) => {
      if (!met()) return true;
      resolve();
      return false;
    });
  }
}
