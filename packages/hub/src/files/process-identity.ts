// Which process is meant by an id that was written down: ids are used again, so the time when it started goes with it.
// What is being torn down counts as gone, for none of its code runs any more; its open files may take some moments.
import { readFileSync } from 'node:fs';

/** A process for good, where the system tells when it started; else its id alone. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from the start of the machine, as /proc has it; undefined where there is no /proc. */
  readonly startTime: string | undefined;
}

/** Says who a process is. */
export function identify(pid: number): ProcessIdentity {
  return { pid, startTime: statFields(pid)?.[START_TIME] };
}

/** Whether that process still runs its code; false for what is no process id at all. */
export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const stat = statFields(pid);
  if (stat === undefined) return true;
  return (startTime === undefined || stat[START_TIME] === startTime) && !isEnding(pid, stat);
}

/** Places in {@link statFields}; proc(5) counts from 1, and the first two are not in it. */
const STATE = 3 - 3;
const FLAGS = 9 - 3;
const START_TIME = 22 - 3;

/** PF_EXITING and PF_SIGNALED of the kernel's include/linux/sched.h. */
const ENDING_FLAGS = 0x4 | 0x400;
const SIGKILL_PENDING = 0x100n;

/**
 * Whether it has ended and whoever started it has not yet taken note of that, which in a container may be nobody; or it
 * is about to, because it was killed, is writing a core dump, or gives back what it holds.
 */
function isEnding(pid: number, stat: readonly string[]): boolean {
  if (stat[STATE] === 'Z' || stat[STATE] === 'X' || (Number(stat[FLAGS]) & ENDING_FLAGS) !== 0) return true;
  const status = readText(`/proc/${pid}/status`) ?? '';
  const pending = [...status.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm)];
  return (
    pending.some(([, mask]) => (BigInt(`0x${mask}`) & SIGKILL_PENDING) !== 0n) || /^CoreDumping:\s*1$/m.test(status)
  );
}

/** What the system says of a process, from field 3 on: behind its name, which may hold anything. */
function statFields(pid: number): string[] | undefined {
  return readText(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ');
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
