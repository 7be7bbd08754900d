// examples/sign-and-publish as its users run it, in a folder of its own: the real command, messages in over PUSH, and
// a PULL socket at the other end that can be there, be there and not read, or be gone.
import type { KeyObject } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { Pull, Push } from 'zeromq';
import type { Child } from './child.js';
import { freePort } from './free-port.js';
import { HubProject } from './hub-project.js';
import { writeKey } from './jws.js';
import { filesUnder, read } from './source-files.js';

const EXAMPLE = 'examples/sign-and-publish/';

/** A message as it came out of the hub. */
export interface Received {
  readonly topic: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly jws: string;
}

export class SigningProject {
  readonly project: HubProject;
  /** Checks what was signed with the key `ada`. */
  readonly ada: KeyObject;
  readonly env: Readonly<Record<string, string>>;
  readonly received: Received[] = [];
  readonly #socket = new Push();
  #receiver: Pull | undefined;

  private constructor(project: HubProject, env: Readonly<Record<string, string>>) {
    this.project = project;
    this.env = env;
    this.ada = writeKey(this.keys, 'ada');
    this.#socket.connect(String(env.EXAMPLE_IN));
  }

  /** Makes the project; its sockets are closed when the current test has finished. */
  static async make(): Promise<SigningProject> {
    const files = filesUnder(EXAMPLE).map((path) => [path.slice(EXAMPLE.length), read(path)]);
    const signing = new SigningProject(new HubProject(Object.fromEntries(files)), {
      EXAMPLE_IN: `tcp://127.0.0.1:${await freePort()}`,
      EXAMPLE_OUT: `tcp://127.0.0.1:${await freePort()}`,
      EXAMPLE_HTTP_PORT: String(await freePort()),
    });
    onTestFinished(() => {
      signing.#socket.linger = 0;
      signing.#socket.close();
      signing.closeReceiver();
    });
    return signing;
  }

  /** Where the signer looks for keys. */
  get keys(): string {
    return this.project.path('data/keys');
  }

  async start(): Promise<Child> {
    const hub = this.project.hub(['run'], { env: this.env });
    await hub.line(/^hub: ready$/);
    return hub;
  }

  /** Sends messages whose ids and bodies are the numbers. @param key The header `key`; null for none. */
  async send(from: number, to: number, key: string | null = 'ada'): Promise<void> {
    for (let number = from; number < to; number++) {
      const headers = { id: String(number), ...(key === null ? {} : { key }) };
      await this.#socket.send(['org.example.orders', JSON.stringify(headers), `order ${number}`]);
    }
  }

  /** Opens the other end. @param reads False for one that is connected to and takes next to nothing. */
  async openReceiver({ reads = true } = {}): Promise<void> {
    this.#receiver = new Pull({ receiveHighWaterMark: reads ? 10_000 : 1 });
    await this.#receiver.bind(String(this.env.EXAMPLE_OUT));
    if (reads) void this.readOn();
  }

  /** Reads until the receiver is closed. */
  async readOn(): Promise<void> {
    for await (const [topic, headers, jws] of this.#receiver as Pull) {
      this.received.push({ topic: String(topic), headers: JSON.parse(String(headers)), jws: String(jws) });
    }
  }

  closeReceiver(): void {
    this.#receiver?.close();
    this.#receiver = undefined;
  }
}
