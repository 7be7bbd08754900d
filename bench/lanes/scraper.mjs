// Reads a hub over HTTP from a process of its own, as Prometheus does: one connection that is kept, the whole answer
// read. This file is both ends: the handle, and the process.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export class Scraper {
  #process;

  /** @param {import('node:child_process').ChildProcess} child */
  constructor(child) {
    this.#process = child;
  }

  /** Starts the process; resolves when it can be asked. */
  static async start() {
    const child = fork(fileURLToPath(import.meta.url), { execArgv: [] });
    await once(child, 'message');
    return new Scraper(child);
  }

  /**
   * Reads one page; resolves when the other process has read all of it.
   *
   * @param {string} url
   * @throws when the answer is not 200
   */
  async read(url) {
    this.#process.send(url);
    const [status] = await once(this.#process, 'message');
    if (status !== 200) throw new Error(`${url} answered ${status}`);
  }

  stop() {
    this.#process.kill('SIGKILL');
  }
}

function scraperProcess() {
  const agent = new Agent({ keepAlive: true });
  process.once('disconnect', () => process.exit());
  process.on('message', async (/** @type {string} */ url) => {
    const [response] = await once(get(url, { agent }), 'response');
    await buffer(response);
    process.send?.(response.statusCode);
  });
  process.send?.('started');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) scraperProcess();
