// A peer's server as the scenario runs it: on a free loopback port, with its data in a scratch directory, and gone
// with the measurement, also when that is killed.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** How long a server may take to say that it is ready, and to end when it is asked to. */
const READY_MS = 10_000;
const END_MS = 5_000;

/** How much of its output is kept for an error message. */
const OUTPUT_CHARS = 2048;

/** Whether a program can be run here. */
export const isInstalled = (/** @type {string} */ command) => spawnSync(command, ['--version']).status === 0;

/**
 * A program on the path that ends its child when its own parent is gone, which no signal handler can do for SIGKILL.
 *
 * @type {string[]}
 */
const TIED = isInstalled('setpriv') ? ['setpriv', '--pdeathsig', 'KILL'] : [];

/** A port that nothing listens on at the moment. */
export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
  probe.close();
  await once(probe, 'close');
  return port;
}

/**
 * Starts a server, and resolves once it says that it is ready.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {RegExp} ready what it writes, to either stream, when it takes connections
 * @returns {Promise<{ stop: () => Promise<void> }>}
 */
export async function startServer(command, args, ready) {
  const [program, ...rest] = [...TIED, command, ...args];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  let output = '';
  try {
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('did not get ready in time')), READY_MS);
      for (const stream of [child.stdout, child.stderr]) {
        // It is read to the end: a server whose output nobody takes comes to a halt.
        stream.setEncoding('utf8').on('data', (text) => {
          output = (output + text).slice(-OUTPUT_CHARS);
          if (ready.test(output)) resolve(undefined);
        });
      }
      child.once('error', reject);
      child.once('close', (code) => reject(new Error(`ended with code ${code}`)));
      child.once('close', () => clearTimeout(timer));
    });
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${command} ${/** @type {Error} */ (error).message}\n${output}`, { cause: error });
  }
  return {
    async stop() {
      const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(timer);
    },
  };
}
