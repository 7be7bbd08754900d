// A user's project in a folder of its own, with the workspace's packages installed, and the real `hub` command in it.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ConsumerSnapshot, HubSnapshot } from '@penstock/hub';
import { Child, type ChildOptions } from './child.js';
import { ROOT } from './source-files.js';
import { SupervisedHub } from './supervised-hub.js';
import { tempDir } from './temp-dir.js';
import { GIVE_UP_AFTER_MS } from './until.js';

/** The command as it is installed. */
export const HUB = join(ROOT, 'packages/cli/bin/hub.mjs');

/** `hub status --json`: a snapshot in which what is endless is "+Inf" and what is undefined is left out. */
export type StatusJson = Omit<HubSnapshot, 'consumers'> & {
  readonly consumers: readonly (Omit<ConsumerSnapshot, 'catchUpSeconds'> & {
    readonly catchUpSeconds: number | '+Inf';
  })[];
};

export class HubProject {
  readonly folder = tempDir();

  /** @param files Text of each file by its path in the project. Call it inside a test. */
  constructor(files: Readonly<Record<string, string>>) {
    mkdirSync(join(this.folder, 'node_modules'));
    symlinkSync(join(ROOT, 'node_modules/@penstock'), join(this.folder, 'node_modules/@penstock'));
    this.write({ 'package.json': '{ "type": "module" }', ...files });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(this.path(name)), { recursive: true });
      writeFileSync(this.path(name), text);
    }
  }

  /**
   * Runs `hub` with these arguments in the project's folder. A hub runs without a supervisor, so that the child is the
   * hub itself: what it is sent reaches it, and what ends it is seen. {@link supervised} is `hub run` as users have it.
   */
  hub(args: readonly string[], options: Omit<ChildOptions, 'cwd'> = {}): Child {
    const [command, ...rest] = args;
    const isAlone = command !== 'run' || rest.includes('--no-supervise');
    const alone = isAlone ? args : [command, '--no-supervise', ...rest];
    return Child.node(HUB, alone, { ...options, cwd: this.folder });
  }

  /** Starts `hub run` below its supervisor. */
  supervised(args: readonly string[] = [], options: Omit<ChildOptions, 'cwd'> = {}): SupervisedHub {
    return new SupervisedHub(Child.node(HUB, ['run', ...args], { ...options, cwd: this.folder }));
  }

  /** Starts `hub run` and waits until it says that it is ready. */
  async run(...args: string[]): Promise<Child> {
    const child = this.hub(['run', ...args]);
    await child.line(/^hub: ready$/);
    return child;
  }

  /** What `hub status --json` says now. */
  async status(): Promise<StatusJson> {
    const child = this.hub(['status', '--json']);
    const [json] = await child.line(/^\{.*\}$/);
    return JSON.parse(json) as StatusJson;
  }

  /**
   * Looks at the status again and again until it is as the test wants it; how often it looked is no matter.
   *
   * @throws With the last status, when it does not come to that.
   */
  async statusWhen(holds: (status: StatusJson) => boolean): Promise<StatusJson> {
    const giveUpAt = performance.now() + GIVE_UP_AFTER_MS;
    for (;;) {
      const status = await this.status();
      if (holds(status)) return status;
      if (performance.now() > giveUpAt) {
        const last = JSON.stringify(status, undefined, 2);
        throw new Error(`not as awaited within ${GIVE_UP_AFTER_MS / 1_000} s; the last status: ${last}`);
      }
    }
  }
}
