// Whether a command line asks for a supervised hub. Told from the bare words, because all that reads them properly
// would stay loaded in the supervisor: commander and the other commands are 16 MB and a fifth of a second.
import { SUPERVISED } from './messages.js';

/** What has `hub run` do something else than run, or run by itself. */
const ALONE = new Set(['--no-supervise', '--help', '-h', '--version', '-V']);

/** Behind it nothing is an option. */
const END_OF_OPTIONS = '--';

export interface Invocation {
  /** The words behind `hub`. */
  readonly args: readonly string[];
  /** Options of Node itself, those of NODE_OPTIONS included. */
  readonly nodeOptions: readonly string[];
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Whether whoever started this process has kept a channel to it. */
  readonly hasChannel: boolean;
}

/** The invocation of this process. */
export const thisInvocation = (): Invocation => ({
  args: process.argv.slice(2),
  nodeOptions: [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)],
  env: process.env,
  hasChannel: process.send !== undefined,
});

/** Whether this process is to supervise a hub in another one. A hub under a debugger may stand still: it runs alone. */
export function wantsSupervisor({ args, nodeOptions, env, hasChannel }: Invocation): boolean {
  if (hasChannel && env[SUPERVISED] !== undefined) return false;
  if (args.find((word) => !word.startsWith('-')) !== 'run') return false;
  const end = args.indexOf(END_OF_OPTIONS);
  const options = end === -1 ? args : args.slice(0, end);
  return !options.some((word) => ALONE.has(word)) && !nodeOptions.some((word) => word.startsWith('--inspect'));
}
