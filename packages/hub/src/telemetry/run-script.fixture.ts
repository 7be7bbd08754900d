// Runs a script against the built output in a process of its own, for tests of what goes to standard error or ends
// with the process. The script finds the built modules under `dist`, a URL that ends in "/".
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

const DIST = new URL('../../dist/', import.meta.url).href;

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the script, an ES module; its standard output is a pipe. */
export function startScript(script: string, stdio: StdioOptions = 'pipe'): ChildProcess {
  const module = `const dist = ${JSON.stringify(DIST)};\n${script}`;
  return spawn(process.execPath, ['--input-type=module', '--eval', module], { stdio });
}

/** Runs the script to its end. */
export async function runScript(script: string): Promise<Finished> {
  const child = startScript(script);
  child.stdin?.end();
  const [stdout, stderr, [code]] = await Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}
