// A hub that the real `hub run` runs in a process of its own, asked and fed over its control socket: no further process is
// started for what a test wants of it, and whatever it comes to, the test is not in it.
import { join } from 'node:path';
import type { ConsumerSnapshot, HubConfig, HubSnapshot } from '@penstock/hub';
import { askToResume, ControlClient, type OutgoingMessage, publishMessages } from '@penstock/hub/control';
import type { Child } from './child.js';
import { HubProject } from './hub-project.js';
import { tempDir } from './temp-dir.js';
import { until } from './until.js';

export class ControlHub {
  readonly child: Child;
  readonly #client: ControlClient;

  private constructor(child: Child, client: ControlClient) {
    this.child = child;
    this.#client = client;
  }

  /** Starts one in the folder, without a supervisor, and waits until it is ready. Call it inside a test. */
  static async start(config: HubConfig, folder: string): Promise<ControlHub> {
    const project = new HubProject({ 'hub.config.json': JSON.stringify({ http: false, ...config, dataDir: folder }) });
    const child = await project.run('--no-supervise');
    return new ControlHub(child, ControlClient.forDataDir(folder));
  }

  /** A folder for its data, and one for what is written down beside it. */
  static places(): { readonly dataDir: string; readonly beside: (name: string) => string } {
    const folder = tempDir();
    return { dataDir: join(folder, 'data'), beside: (name) => join(folder, name) };
  }

  /** @throws HUB_UNREACHABLE when it is gone. */
  status(): Promise<HubSnapshot> {
    return this.#client.status();
  }

  async consumer(name: string): Promise<ConsumerSnapshot> {
    const { consumers } = await this.status();
    const found = consumers.find(({ consumer }) => consumer === name);
    if (found === undefined) throw new Error(`the hub has no consumer "${name}"`);
    return found;
  }

  /** Publishes messages, each committed when this resolves. */
  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    const { error } = await publishMessages(this.#client, messages);
    if (error !== undefined) throw error;
  }

  /** Lets a consumer go on that is paused or has halted. */
  async resume(consumer: string): Promise<void> {
    await askToResume(this.#client, [consumer]);
  }

  /** Waits until a status is as the test wants it. */
  statusWhen(what: string, holds: (status: HubSnapshot) => boolean, giveUpAfterMs?: number): Promise<HubSnapshot> {
    const look = async () => {
      const status = await this.status();
      return holds(status) && status;
    };
    return until(what, look, giveUpAfterMs);
  }

  /** Waits until nothing is left in any queue, and all consumers run. */
  allSettled(giveUpAfterMs?: number): Promise<HubSnapshot> {
    const isDone = ({ consumers }: HubSnapshot) =>
      consumers.every(({ backlog, state }) => backlog === 0 && state === 'running');
    return this.statusWhen('all is settled, and all consumers run', isDone, giveUpAfterMs);
  }

  /** Stops it in order. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    const ending = await this.child.ended;
    if (ending.code !== 0) throw new Error(`it ended with ${ending.signal ?? ending.code}: ${this.child.output}`);
  }
}
