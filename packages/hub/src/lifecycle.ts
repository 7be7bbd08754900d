// The one life cycle that every part with a start and a stop follows: both are idempotent, stop before
// start is fine, a failed start rolls back, a stopped part can be started again, the last call wins, and the state
// is one value.

export type LifecycleState = 'stopped' | 'starting' | 'running' | 'stopping';

/** Which state may follow which. A failed start goes through `stopping`, so that what it opened is closed. */
const NEXT: Readonly<Record<LifecycleState, readonly LifecycleState[]>> = {
  stopped: ['starting'],
  starting: ['running', 'stopping'],
  running: ['stopping'],
  stopping: ['stopped'],
};

/** One call of start() or stop(), shared by all who ask for the same until somebody asks for the other. */
interface Request {
  readonly wish: 'start' | 'stop';
  readonly done: Promise<void>;
  ended: boolean;
  /** Resolves when the other is asked for. */
  readonly overtaken: Promise<void>;
  readonly overtake: () => void;
}

const STOPPED: Request = {
  wish: 'stop',
  done: Promise.resolve(),
  ended: true,
  overtaken: Promise.resolve(),
  overtake: () => {},
};

/** A part with a start and a stop. Both are idempotent, stop before start is fine, and a failed start rolls back. */
export abstract class Service {
  #state: LifecycleState = 'stopped';
  /** What was asked for last. */
  #last = STOPPED;
  /** What is carried out, or was last. */
  #current = STOPPED;

  /** Where it stands: `stopped`, `starting`, `running` or `stopping`. */
  get state(): LifecycleState {
    return this.#state;
  }

  /** Whether a stop was asked for while the part starts: what takes long in a start looks at it, and gives up. */
  protected get stopAsked(): boolean {
    return this.#last.wish === 'stop';
  }

  /**
   * Resolves when a stop is asked for while the part starts, whatever is asked for after it: a start that only waits for
   * something waits no longer then.
   */
  protected get stopAskedFor(): Promise<void> {
    return this.#current.overtaken;
  }

  /** Opens what the part needs. When it throws, {@link onStop} runs and must cope with a half-open part. */
  protected abstract onStart(): Promise<void>;

  /** Closes what {@link onStart} opened, however far it came. */
  protected abstract onStop(): Promise<void>;

  /** Resolves when the part runs; a call while it stops starts it again afterwards. */
  start(): Promise<void> {
    return this.#ask('start');
  }

  /**
   * Resolves when the part is stopped and all that it opened is closed; a call while it starts waits for that, which it may
   * cut short ({@link stopAsked}, {@link stopAskedFor}).
   */
  stop(): Promise<void> {
    return this.#ask('stop');
  }

  /** Requests are carried out one after another, so that whoever asks last decides whether the part runs in the end. */
  #ask(wish: Request['wish']): Promise<void> {
    const before = this.#last;
    if (before.wish === wish) return before.done;
    let end!: (outcome: Promise<void>) => void;
    const done = new Promise<void>((resolve) => {
      end = resolve;
    });
    let overtake!: () => void;
    const overtaken = new Promise<void>((resolve) => {
      overtake = resolve;
    });
    const request: Request = { wish, done, ended: false, overtaken, overtake };
    this.#last = request;
    before.overtake();
    const run = () => end(this.#carryOut(request));
    if (before.ended) run();
    else before.done.then(run, run);
    return done;
  }

  async #carryOut(request: Request): Promise<void> {
    this.#current = request;
    try {
      if (request.wish === 'start') await this.#runStart();
      else if (this.#state === 'running') await this.#runStop();
    } catch (error) {
      // Whichever failed, the part is stopped: another start() tries again.
      if (this.#last === request) this.#last = STOPPED;
      throw error;
    } finally {
      request.ended = true;
    }
  }

  async #runStart(): Promise<void> {
    this.#enter('starting');
    try {
      await this.onStart();
      this.#enter('running');
    } catch (error) {
      // Why it did not start is what the caller has to know, not what else went wrong while that was undone.
      await this.#runStop().catch(() => {});
      throw error;
    }
  }

  async #runStop(): Promise<void> {
    this.#enter('stopping');
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
