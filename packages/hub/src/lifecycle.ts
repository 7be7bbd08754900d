// The one life cycle that every part with a start and a stop follows: both are idempotent, stop before
// start is fine, a failed start rolls back, a stopped part can be started again, and the state is one value.

export type LifecycleState = 'stopped' | 'starting' | 'running' | 'stopping';

/** Which state may follow which. A failed start goes through `stopping`, so that what it opened is closed. */
const NEXT: Readonly<Record<LifecycleState, readonly LifecycleState[]>> = {
  stopped: ['starting'],
  starting: ['running', 'stopping'],
  running: ['stopping'],
  stopping: ['stopped'],
};

export abstract class Service {
  #state: LifecycleState = 'stopped';
  #transition: Promise<void> = Promise.resolve();

  get state(): LifecycleState {
    return this.#state;
  }

  /** Opens what the part needs. When it throws, {@link onStop} runs and must cope with a half-open part. */
  protected abstract onStart(): Promise<void>;

  /** Closes what {@link onStart} opened, however far it came. */
  protected abstract onStop(): Promise<void>;

  /** Resolves when the part runs; a call while it stops starts it again afterwards. */
  start(): Promise<void> {
    switch (this.#state) {
      case 'running':
      case 'starting':
        return this.#transition;
      case 'stopping':
        return this.#transition.then(() => this.start());
      case 'stopped':
        this.#enter('starting');
        this.#transition = this.#runStart();
        return this.#transition;
    }
  }

  /** Resolves when the part is stopped and all that it opened is closed; a call while it starts waits for that. */
  stop(): Promise<void> {
    switch (this.#state) {
      case 'stopped':
        return Promise.resolve();
      case 'stopping':
        return this.#transition;
      case 'starting':
        return this.#transition.then(
          () => this.stop(),
          () => this.stop(),
        );
      case 'running':
        this.#enter('stopping');
        this.#transition = this.#runStop();
        return this.#transition;
    }
  }

  async #runStart(): Promise<void> {
    try {
      await this.onStart();
      this.#enter('running');
    } catch (error) {
      this.#enter('stopping');
      await this.#runStop();
      throw error;
    }
  }

  async #runStop(): Promise<void> {
    try {
      await this.onStop();
    } finally {
      this.#enter('stopped');
    }
  }

  #enter(state: LifecycleState): void {
    if (!NEXT[this.#state].includes(state)) {
      throw new Error(`${this.constructor.name} cannot go from ${this.#state} to ${state}`);
    }
    this.#state = state;
  }
}
