// Starts a consumer's own process, so that it never outlives the thread that starts it.
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CHILD_MAIN = fileURLToPath(new URL('../child/main.js', import.meta.url));

/** Heap limit of the process's main thread, in MiB: none of the consumer's code runs there. */
const MAIN_HEAP_MB = 128;

/** Flags of Node that are the hub's alone: what it evaluates, and where a debugger finds it. */
const OWN_FLAGS = /^(?:-e|--eval|-p|--print|-pe|--input-type(?:=.*)?|--inspect.*|--watch.*|--test.*)$/;

/**
 * @param consumer Shown in the list of processes.
 * @param lockDescriptor Held open as long as the process lives.
 */
export function forkChild(consumer: string, lockDescriptor: number | undefined): ChildProcess {
  const node = [process.execPath, ...inheritedFlags(process.execArgv), `--max-old-space-size=${MAIN_HEAP_MB}`];
  // Killed by the kernel when the thread that starts it ends, in whichever way. Without it, the end of the channel has
  // the process end itself.
  const command = canDieWithParent() ? ['setpriv', '--pdeathsig', 'KILL', '--', ...node] : node;
  const [execPath = '', ...execArgv] = command;
  return fork(CHILD_MAIN, [consumer], {
    execPath,
    execArgv,
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...(lockDescriptor === undefined ? [] : [lockDescriptor])],
  });
}

/** What the hub's own Node was given, such as `--import`, but for {@link OWN_FLAGS}. */
function inheritedFlags(flags: readonly string[]): string[] {
  return flags.filter(
    (flag, index) => !OWN_FLAGS.test(flag) && !/^(?:-e|--eval|-p|--print|-pe)$/.test(flags[index - 1] ?? ''),
  );
}

/** Whether there is a setpriv(1) that knows how. */
function canDieWithParent(): boolean {
  const { status } = spawnSync('setpriv', ['--pdeathsig', 'KILL', '--', 'true'], { stdio: 'ignore' });
  return status === 0;
}
