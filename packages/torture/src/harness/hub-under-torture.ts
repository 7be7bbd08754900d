// The one hub of a round, whatever happens to its processes: started when it is to run, killed in part or as a whole, and
// brought back, by its supervisor where that is left, else anew.
import { setTimeout as sleep } from 'node:timers/promises';
import { ERRORS } from '@penstock/hub';
import { ControlClient, type HubSnapshot, publishMessages } from '@penstock/hub/control';
import { type HubCommand, HubProcess, killIfThere, type ProcessEnd } from './hub-process.js';
import type { ScratchProject } from './scratch-project.js';

/** Exit code of `hub run` on a data directory that another hub holds: perhaps one that is about to go. */
const LOCKED = ERRORS.DATA_DIR_LOCKED.exitCode;

/** How long a hub may take to run, in milliseconds, before a round is given up: far longer than any takes that is well. */
const GIVE_UP_AFTER_MS = 90_000;

const LOOK_EVERY_MS = 15;

/** What of it is killed: the hub itself, what supervises it, or both at once. Without a supervisor it is all the same. */
export type Victim = 'hub' | 'supervisor' | 'both';

export interface HubUnderTortureOptions {
  readonly command: HubCommand;
  readonly project: ScratchProject;
  readonly env: Readonly<Record<string, string>>;
}

export class HubUnderTorture {
  readonly client: ControlClient;
  readonly #options: HubUnderTortureOptions;
  #process: HubProcess | undefined;
  /** Of the hub that was seen running last. */
  #pid: number | undefined;
  /** Of the hub that was killed last: whatever it still answers is not the next one's. */
  #killed: number | undefined;

  constructor(options: HubUnderTortureOptions) {
    this.#options = options;
    this.client = ControlClient.forDataDir(options.project.dataDir);
  }

  /** Starts it unless it runs, or its supervisor does. */
  start(): void {
    this.#process ??= new HubProcess(this.#options);
  }

  /**
   * Starts it where needed, and resolves with what it says of itself once it runs.
   *
   * @throws When it cannot be started, with the end of what it wrote.
   */
  async running(): Promise<HubSnapshot> {
    const giveUpAtMs = performance.now() + GIVE_UP_AFTER_MS;
    while (performance.now() < giveUpAtMs) {
      this.start();
      const snapshot = await this.#status();
      if (snapshot?.state === 'running' && snapshot.pid !== this.#killed) {
        this.#pid = snapshot.pid;
        return snapshot;
      }
      const end = this.#process?.end;
      // A hub that lost its supervisor holds the directory until it has gone, too.
      if (end?.code === LOCKED) this.#process = undefined;
      else if (end !== undefined) throw this.#failure('ended by itself');
      await sleep(LOOK_EVERY_MS);
    }
    throw this.#failure(`does not run after ${GIVE_UP_AFTER_MS / 1_000} s`);
  }

  /**
   * Looks at it until it is as wanted.
   *
   * @throws When it does not come to that.
   */
  async until(holds: (snapshot: HubSnapshot) => boolean): Promise<void> {
    const giveUpAtMs = performance.now() + GIVE_UP_AFTER_MS;
    while (!holds(await this.running())) {
      if (performance.now() > giveUpAtMs)
        throw this.#failure(`is not as it should be after ${GIVE_UP_AFTER_MS / 1_000} s`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Dead letters of a consumer at this moment. */
  async deadLetters(name: string): Promise<number> {
    const { consumers } = await this.running();
    return consumers.find(({ consumer }) => consumer === name)?.deadLetters ?? 0;
  }

  /** Publishes so many messages that are none of a producer's, to bring consumers into a state. What is refused is left. */
  async publish(topic: string, count: number, body = ''): Promise<void> {
    const message = { topic, body: Buffer.from(body) };
    await publishMessages(
      this.client,
      Array.from({ length: count }, () => message),
    );
  }

  /** Kills it, whether it runs or is about to. What was killed has ended when this resolves. */
  async kill(victim: Victim): Promise<void> {
    const hubProcess = this.#process;
    if (hubProcess === undefined) return;
    const hub = (await this.#status())?.pid ?? this.#pid;
    this.#killed = hub;
    if (victim === 'both') hubProcess.killAll();
    else if (victim === 'hub' && hub !== undefined && hub !== hubProcess.pid) killIfThere(hub);
    else hubProcess.signal('SIGKILL');
    if (victim === 'hub' && hub !== hubProcess.pid) return;
    await hubProcess.ended;
    this.#process = undefined;
  }

  /**
   * Sends a signal and waits for the end.
   *
   * @param again Send it once more so many milliseconds later.
   * @returns How it ended; undefined when it did not within so many milliseconds: then it is killed.
   */
  async terminate(withinMs: number, again?: number): Promise<ProcessEnd | undefined> {
    const hubProcess = this.#process;
    if (hubProcess === undefined) return { code: 0, signal: null };
    hubProcess.signal('SIGTERM');
    if (again !== undefined) setTimeout(() => hubProcess.signal('SIGTERM'), again);
    const end = await hubProcess.endsWithin(withinMs);
    this.#process = undefined;
    return end;
  }

  /**
   * Starts so many more hubs on the same data directory at once.
   *
   * @returns How each ended; undefined for one that did not within so many milliseconds: it is killed.
   */
  rivals(count: number, withinMs: number): Promise<(ProcessEnd | undefined)[]> {
    const started = Array.from({ length: count }, () => new HubProcess(this.#options));
    return Promise.all(started.map((rival) => rival.endsWithin(withinMs)));
  }

  /** Has nothing of it left, whatever state it is in. */
  async end(): Promise<void> {
    if (this.#process === undefined) return;
    this.#process.killAll();
    await this.#process.ended;
    if (this.#pid !== undefined) killIfThere(this.#pid);
  }

  async #status(): Promise<HubSnapshot | undefined> {
    return this.client.status().catch(() => undefined);
  }

  #failure(what: string): Error {
    const end = this.#process?.end;
    const how = end === undefined ? '' : ` (${end.signal ?? `exit code ${end.code}`})`;
    return new Error(`the hub ${what}${how}; the end of its log:\n${this.#process?.logTail ?? ''}`);
  }
}
