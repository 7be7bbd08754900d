// One life of the hub: its process from the spawn to the end, and what was heard of it meanwhile.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { type FromHub, SUPERVISED, type SupervisedStart } from './messages.js';

/**
 * Threads of libuv's pool in the hub's process, unless the user has set a number: Node's four are used up by as many
 * consumers that block in calls of `fs` or `dns` (docs/decisions/0020-the-supervisor.md).
 */
const POOL_THREADS = 8;

/** After the process has ended, how long its last words are waited for, in milliseconds. */
const LAST_WORDS_MS = 1_000;

export interface HubEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly spawnError: Error | undefined;
}

export class HubProcess {
  /** Resolves when it has ended and all that it said was heard. */
  readonly ended: Promise<HubEnd>;
  readonly #process: ChildProcess | undefined;

  /**
   * Starts this very command line once more, as the hub itself, with the same standard streams.
   *
   * @param onMessage Called with what the hub tells.
   */
  constructor(start: SupervisedStart, onMessage: (message: FromHub) => void) {
    try {
      this.#process = spawnHub(start).on('message', onMessage);
      this.ended = endOf(this.#process);
    } catch (error) {
      // Most of what the system refuses is emitted instead; a want of memory is not.
      this.ended = Promise.resolve({ code: null, signal: null, spawnError: error as Error });
    }
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }
}

function spawnHub(start: SupervisedStart): ChildProcess {
  const [, script = '', ...args] = process.argv;
  const [command = '', ...rest] = [...endedWithItsParent(), process.execPath, ...process.execArgv, script, ...args];
  return spawn(command, rest, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { UV_THREADPOOL_SIZE: String(POOL_THREADS), ...process.env, [SUPERVISED]: JSON.stringify(start) },
  });
}

async function endOf(child: ChildProcess): Promise<HubEnd> {
  const heard = new Promise<void>((resolve) => child.once('disconnect', resolve));
  const end = await new Promise<HubEnd>((resolve) => {
    // Also emitted for a signal that could not be sent, which is no end.
    child.on('error', (spawnError) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, spawnError });
    });
    child.once('exit', (code, signal) => resolve({ code, signal, spawnError: undefined }));
  });
  if (child.connected) {
    const patience = setTimeout(() => child.disconnect(), LAST_WORDS_MS);
    await heard;
    clearTimeout(patience);
  }
  return end;
}

/**
 * What has the kernel kill a process as soon as its parent is gone, also when it reads nothing any more: setpriv of
 * util-linux, which asks for that and becomes the program. Busybox and old versions have no such option. Without it
 * a hub ends itself when the channel to its supervisor breaks, and one that is stuck is ended by the next hub on
 * its data directory.
 */
function endedWithItsParent(): readonly string[] {
  const wrapper = ['setpriv', '--pdeathsig', 'KILL'];
  const [command = '', ...rest] = wrapper;
  return spawnSync(command, [...rest, 'true'], { stdio: 'ignore' }).status === 0 ? [...wrapper, '--'] : [];
}
