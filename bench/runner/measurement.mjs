// Runs one task in a fresh process and gives its result, bounded by a timeout; a crash or a process that does not
// end becomes an error that says which and shows the last it wrote.
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./child.mjs', import.meta.url));

/** How long a process may live on after its result: what keeps it alive was not closed. */
const EXIT_MS = 15_000;

/** How much of a process's output is kept for the error message. */
const OUTPUT_CHARS = 4096;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** Ends the processes that are running, for a run that is broken off. */
export function killMeasurements() {
  for (const child of running) child.kill('SIGKILL');
}

/**
 * @param {Omit<import('./scenario.mjs').Task, 'dir'>} task
 * @param {{ timeoutMs: number, execArgv: string[] }} options `execArgv`: options of Node itself
 * @returns {Promise<import('./scenario.mjs').Measurement>} for a `prepare` step, an empty object
 */
export async function runTask(task, { timeoutMs, execArgv }) {
  mkdirSync(task.shared, { recursive: true });
  const dir = mkdtempSync(join(task.shared, `${task.step}-`));
  try {
    return await runInChild({ ...task, dir }, timeoutMs, execArgv);
  } finally {
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * @param {import('./scenario.mjs').Task} task
 * @param {number} timeoutMs
 * @param {string[]} execArgv
 * @returns {Promise<import('./scenario.mjs').Measurement>}
 */
function runInChild(task, timeoutMs, execArgv) {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, [JSON.stringify(task)], { execArgv, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    running.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-OUTPUT_CHARS);
      });
    }
    /** @type {any} */
    let result;
    /** @type {string | undefined} */
    let fault;
    const killAfter = (/** @type {number} */ ms, /** @type {string} */ why) =>
      setTimeout(() => {
        fault = why;
        child.kill('SIGKILL');
      }, ms);
    let timer = killAfter(timeoutMs, `took longer than ${timeoutMs / 1000} s and was ended`);
    child.once('message', (message) => {
      result = message;
      clearTimeout(timer);
      timer = killAfter(EXIT_MS, `had its result but was not gone ${EXIT_MS / 1000} s later: something is left open`);
    });
    child.once('error', (error) => {
      clearTimeout(timer);
      running.delete(child);
      reject(error);
    });
    // `close` rather than `exit`: the last output has been read by then.
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      running.delete(child);
      if (fault === undefined && (code !== 0 || result === undefined)) fault = `ended with ${signal ?? `code ${code}`}`;
      // JSON has no NaN, which a lost message leaves for a value.
      if (fault === undefined) resolve({ ...result, value: result.value ?? Number.NaN });
      else reject(new Error(`the ${nameOf(task)} process ${fault}${output === '' ? '' : `\n${output.trimEnd()}`}`));
    });
  });
}

/** @param {import('./scenario.mjs').Task} task */
const nameOf = ({ step, side }) => (step === side ? step : `${step} ${side}`);
