// The processes of the quickstart in a folder of their own and on free ports: the hub through its real command,
// the publisher, and the service that notifications go to. The demo shows them, the test checks them.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ControlClient } from '@penstock/hub/control';
import { startNotificationService } from './notification-service.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const HUB = here('../../packages/cli/bin/hub.mjs');

const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 100;

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

export class Quickstart {
  /**
   * Starts service and hub, and waits until the hub is ready.
   *
   * @param {string} folder An existing folder for the hub's data, its log, and what the consumers write.
   */
  static async start(folder) {
    const service = await startNotificationService({ file: join(folder, 'notifications.log') });
    const quickstart = new Quickstart(folder, service, await freePort(), await freePort());
    try {
      await quickstart.#ready();
    } catch (error) {
      await quickstart.stop();
      throw error;
    }
    return quickstart;
  }

  /** @type {Promise<number | NodeJS.Signals>} Resolves with what the hub's process ended with. */
  hubEnded;
  /** Where the hub serves its metrics. */
  metricsUrl;
  #folder;
  #service;
  #endpoint;
  #hub;
  #control;

  constructor(folder, service, busPort, httpPort) {
    this.#folder = folder;
    this.#service = service;
    this.#endpoint = `tcp://127.0.0.1:${busPort}`;
    this.metricsUrl = `http://127.0.0.1:${httpPort}/metrics`;
    this.#control = ControlClient.forDataDir(join(folder, 'hub'));
    const log = openSync(join(folder, 'hub.log'), 'w');
    this.#hub = start([HUB, 'run', '--config', here('hub.config.ts')], {
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        QUICKSTART_DIR: folder,
        QUICKSTART_ENDPOINT: this.#endpoint,
        QUICKSTART_HTTP_PORT: String(httpPort),
        QUICKSTART_NOTIFICATIONS_URL: service.url,
      },
    });
    closeSync(log);
    this.hubEnded = new Promise((resolve) => this.#hub.once('exit', (code, signal) => resolve(signal ?? code)));
  }

  /** What the hub says of itself, over its control socket. Throws with the end of its log when it does not answer. */
  async status() {
    try {
      return await this.#control.status();
    } catch (error) {
      throw new Error(`${error.message}\n${this.logTail}`, { cause: error });
    }
  }

  /** @param {readonly string[]} args Options of publisher.mjs. */
  publish(args) {
    return new Publisher(this.#endpoint, args);
  }

  /** The last lines of the hub's log. */
  get logTail() {
    return readFileSync(join(this.#folder, 'hub.log'), 'utf8').trimEnd().split('\n').slice(-20).join('\n');
  }

  /** Ends the hub as an operator would, then the service; gives what the hub's process ended with. Idempotent. */
  async stop() {
    this.#hub.kill('SIGTERM');
    const ending = await this.hubEnded;
    await this.#service.stop();
    return ending;
  }

  async #ready() {
    let ended = false;
    this.hubEnded.then(() => {
      ended = true;
    });
    for (const deadline = performance.now() + READY_TIMEOUT_MS; performance.now() < deadline; ) {
      // Until the hub listens on its socket the question itself fails.
      const snapshot = await this.status().catch(() => undefined);
      if (snapshot?.state === 'running' && snapshot.notReady.length === 0) return;
      if (ended) break;
      await delay(READY_POLL_MS);
    }
    throw new Error(`the hub ${ended ? 'ended' : `was not ready within ${READY_TIMEOUT_MS} ms`}\n${this.logTail}`);
  }
}

/** The publisher's process. */
export class Publisher {
  /** What it does now, such as `spike 1 of 1: 120/s for 10 s`. */
  phase = 'starts';
  ended = false;
  /** How many messages it sent in all, once it has ended. */
  sentCount = 0;
  /** @type {Promise<string[]>} Resolves at its end with the ids of all messages that it sent. */
  sentIds;
  #process;
  #talks;

  constructor(endpoint, args) {
    this.#process = start([here('publisher.mjs'), '--endpoint', endpoint, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: this.#process.stdout });
    lines.on('line', (line) => {
      this.phase = line;
    });
    this.#talks = new Promise((resolve) => lines.once('line', resolve).once('close', resolve));
    this.sentIds = new Promise((resolve, reject) => {
      this.#process.once('close', (code, signal) => {
        this.ended = true;
        const sent = this.phase.match(/^sent (\d+) messages, ids (\S+)-1 to /);
        if (sent === null) {
          reject(new Error(`the publisher ended with ${signal ?? code}; last it said: ${this.phase}`));
          return;
        }
        this.sentCount = Number(sent[1]);
        resolve(Array.from({ length: this.sentCount }, (_, n) => `${sent[2]}-${n + 1}`));
      });
    });
    // Whoever never asks for the ids is not to be ended by a publisher that failed.
    this.sentIds.catch(() => undefined);
  }

  /** Has it send nothing more and end, once the hub has taken what was sent. */
  async stop() {
    // Before its first line it does not listen for signals yet, and would end without saying what it sent.
    await this.#talks;
    this.#process.kill('SIGTERM');
  }
}

/**
 * Starts a Node process in a process group of its own: Ctrl-C on the terminal is for whoever started the quickstart,
 * who then ends its processes in order. If that one goes without doing so, so do they.
 *
 * @returns {ChildProcess}
 */
function start(args, options) {
  const child = spawn(process.execPath, args, { ...options, detached: true });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

/** A port that nothing listens on; the kernel does not hand it out again soon. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
