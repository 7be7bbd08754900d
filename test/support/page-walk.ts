// Does what a reader of a page does, in a project of its own: writes the files that the page shows, runs its commands
// in order, and leaves what stays in the foreground running until the end. The ports are others than the page's, so
// that nothing on this machine is in the way.
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect } from 'vitest';
import { Child } from './child.js';
import { freePort } from './free-port.js';
import { type Block, blocksOf, commandsOf, LANGUAGES } from './page.js';
import { checkTypes } from './page-types.js';
import { pythonWithZmq } from './python.js';
import { filesUnder, ROOT, read } from './source-files.js';
import { tempDir } from './temp-dir.js';
import { until } from './until.js';

/** Commands that stay, and what says that they are there; null for those that say nothing until something happens. */
const STAYING: readonly (readonly [command: RegExp, ready: RegExp | null])[] = [
  [/^hub run\b/, /^hub: ready$/],
  [/^hub status\b.*\s(?:-w|--watch)\b/, /^CONSUMER\b/],
  [/^hub tail\b/, null],
];

/** Commands that a page says to run in the clone, and those that make a project and install into it. */
const IN_THE_CLONE = /^npx --yes pnpm@/;
const MAKING = /^(?:npx )?hub init\b/;
export const INSTALLING = /^npx --yes pnpm@|^npx hub init\b|^npm install\b/;

const CONFIG = /(?:^|\/)hub\.config\.\w+$/;
const PORT = /\b(?:9464|99\d\d)\b/g;
/** Packages that pages import, besides ours; `@types` is what an editor would have. */
const INSTALLED = ['zeromq', 'bullmq', 'ioredis'];

export class PageWalk {
  /** What could not be done on this machine, and why. */
  readonly skipped: string[] = [];
  readonly #page: string;
  readonly #text: string;
  readonly #home = tempDir();
  readonly #ports = new Map<string, string>();
  readonly #children: Child[] = [];
  readonly #staying = new Map<Child, string>();
  /** Configs that were written and not run yet. */
  readonly #configs = new Set<string>();
  readonly #folder = join(this.#home, 'my-hub');
  readonly #install: boolean;
  #hub: Child | undefined;

  /**
   * @param page A page of {@link PAGES}. Call it inside a test.
   * @param options.install Whether its project is made and installed by the page's own commands, from a clone beside
   *   it; else it is there already, and those commands are passed over.
   * @param options.text What the page says, if not what is in its file.
   */
  constructor(page: string, options: { readonly install: boolean; readonly text?: string }) {
    this.#page = page;
    this.#text = options.text ?? read(page);
    this.#install = options.install;
    mkdirSync(this.#folder);
    symlinkSync(ROOT, join(this.#home, 'penstock'));
    mkdirSync(join(this.#home, 'bin'));
    if (pythonWithZmq?.startsWith('/')) symlinkSync(pythonWithZmq, join(this.#home, 'bin/python3'));
  }

  /** Follows the page to its end. */
  async follow(): Promise<void> {
    const blocks = blocksOf(this.#page, this.#text);
    if (!this.#install) await this.#makeProject();
    if (this.#page.startsWith('examples/')) await this.#copy(dirname(this.#page));
    for (const { place, language } of blocks) expect(LANGUAGES, `the language of ${place}`).toHaveProperty(language);
    for (const block of blocks) {
      if (block.notRun !== undefined || block.language === 'text') continue;
      await this.#take({ ...block, code: await this.#onFreePorts(block.code) });
    }
    await this.#check();
  }

  /** Ends what still runs, the last first, as Ctrl-C does; each has to end with code 0. */
  async end(): Promise<void> {
    for (const [child, command] of [...this.#staying].reverse()) await this.#interrupt(child, command);
  }

  /** Runs one command in the project and returns what it printed; used for looks that the page does not show. */
  async run(command: string): Promise<string> {
    const child = this.#spawn(command);
    await endsWell(child, command);
    return child.output;
  }

  /** Whether a hub runs now. */
  get hubRuns(): boolean {
    return this.#hub !== undefined;
  }

  async #take(block: Block): Promise<void> {
    if (block.language === 'json') JSON.parse(block.code);
    if (block.language === 'sh') for (const command of commandsOf(block)) await this.#command(command);
    else if (block.language === 'console') await this.#printed(block);
    else await this.#write(block);
    if (block.language === 'python') await this.#compilePython(block);
  }

  async #write(block: Block): Promise<void> {
    const unnamed = `block-${block.place.replace(/.*:/, '')}.${{ python: 'py', json: 'json' }[block.language] ?? block.language}`;
    if (block.file === undefined) {
      expect(block.code, `${block.place} is a config or a consumer, and is to name its file`).not.toMatch(
        /\bdefineConfig\(|\bextends Consumer\b/,
      );
    }
    const path = join(this.#folder, block.file ?? unnamed);
    if (existsSync(path) && readFileSync(path, 'utf8') !== block.code) await this.#check();
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, block.code);
    if (CONFIG.test(path)) this.#configs.add(path);
  }

  /** Of what was written so far: types are right, and every config makes a hub that starts and stops. */
  async #check(): Promise<void> {
    await checkTypes(this.#folder, this.#page);
    for (const config of this.#configs) {
      await this.#stopHub();
      const hub = this.#spawn(`exec hub run --config ${config}`);
      await hub.line(/^hub: ready$/);
      await this.#interrupt(hub, `hub run --config ${config}`);
    }
    this.#configs.clear();
  }

  async #command(written: string): Promise<void> {
    const command = written.replace(/^npx hub\b/, 'hub');
    if (!this.#install && INSTALLING.test(written)) return;
    if (/^python3 /.test(command) && pythonWithZmq === undefined) {
      this.skipped.push(`${this.#page}: skipped: no python3-zmq: ${written}`);
      return;
    }
    const staying = STAYING.find(([pattern]) => pattern.test(command));
    if (staying === undefined) {
      await this.run(command);
      if (MAKING.test(command)) await this.#putOnFreePorts('hub.config.ts');
      return;
    }
    const isHub = /^hub run\b/.test(command);
    // Who is told to run the hub again has stopped it before.
    if (isHub) await this.#stopHub();
    const child = this.#spawn(`exec ${command}`);
    this.#staying.set(child, command);
    if (staying[1] !== null) await child.line(staying[1]);
    if (!isHub) return;
    this.#hub = child;
    this.#configs.clear();
  }

  #spawn(command: string): Child {
    // What makes the project is the clone's own command: nothing is installed yet. "../my-hub" is the same from here.
    const installed = MAKING.test(command) ? ROOT : this.#folder;
    const bins = [join(installed, 'node_modules/.bin'), join(this.#home, 'bin')];
    // Without --norc, a bash whose standard input is a socket may read its user's .bashrc, which changes the path.
    const child = Child.spawn('bash', ['--norc', '-o', 'pipefail', '-c', command], {
      cwd: IN_THE_CLONE.test(command) ? ROOT : this.#folder,
      env: { PATH: [...bins, process.env.PATH].join(':') },
    });
    this.#children.push(child);
    return child;
  }

  async #stopHub(): Promise<void> {
    const hub = this.#hub;
    if (hub !== undefined) await this.#interrupt(hub, this.#staying.get(hub) ?? '');
  }

  async #interrupt(child: Child, command: string): Promise<void> {
    if (child === this.#hub) this.#hub = undefined;
    this.#staying.delete(child);
    child.kill('SIGINT');
    await endsWell(child, command);
  }

  /** Each line that the page shows has been printed, or will be. */
  async #printed({ code, place }: Block): Promise<void> {
    const alike = (line: string): string =>
      line
        .replaceAll(/[\d.,]+/g, '#')
        .replaceAll(/\s+/g, ' ')
        .trim();
    for (const line of code.split('\n').filter((each) => each.trim() !== '')) {
      await until(`"${line}", which ${place} shows`, () =>
        this.#children.some((child) => child.lines.some((printed) => alike(printed) === alike(line))),
      );
    }
  }

  async #compilePython(block: Block): Promise<void> {
    const code = join(this.#home, 'compiled.py');
    writeFileSync(code, block.code);
    await this.run(`python3 -m py_compile ${code}`);
  }

  async #onFreePorts(code: string): Promise<string> {
    for (const [port] of code.matchAll(PORT)) {
      if (!this.#ports.has(port)) this.#ports.set(port, String(await freePort()));
    }
    return code.replaceAll(PORT, (port) => this.#ports.get(port) ?? port);
  }

  async #putOnFreePorts(file: string): Promise<void> {
    const path = join(this.#folder, file);
    writeFileSync(path, await this.#onFreePorts(readFileSync(path, 'utf8')));
  }

  /** The files of an example, which its page is about. */
  async #copy(example: string): Promise<void> {
    for (const path of filesUnder(example)) {
      const copy = join(this.#folder, relative(example, path));
      mkdirSync(dirname(copy), { recursive: true });
      writeFileSync(copy, await this.#onFreePorts(read(path)));
    }
  }

  /** As `hub init` and `npm install` leave a project, with the consumer that getting-started comes to. */
  async #makeProject(): Promise<void> {
    await this.run('hub init');
    await this.#putOnFreePorts('hub.config.ts');
    const modules = join(this.#folder, 'node_modules');
    mkdirSync(join(modules, '.bin'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules/@penstock'), join(modules, '@penstock'));
    symlinkSync(join(ROOT, 'packages/cli/bin/hub.mjs'), join(modules, '.bin/hub'));
    for (const name of INSTALLED) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    const [consumer] = blocksOf('docs/getting-started.md').filter(({ file }) => file === 'consumers/badges.ts');
    writeFileSync(join(this.#folder, 'consumers/badges.ts'), consumer?.code ?? '');
  }
}

async function endsWell(child: Child, command: string): Promise<void> {
  const { code, signal } = await child.ended;
  expect(signal ?? code, `how "${command}" ended, with this output:\n${child.output}\n`).toBe(0);
}
