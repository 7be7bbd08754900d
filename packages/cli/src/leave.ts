// How the process ends. Usually by itself, when nothing is left to do. A thread inside a synchronous system call
// cannot be terminated though, and process.exit() waits for it without end: then only SIGKILL is left.

/** How long the process may take to end by itself, in milliseconds. */
const END_WITHIN_MS = 1000;

/** Ends the process with `exitCode`, unless another one is set meanwhile, and at the latest a second from now. */
export function leave(exitCode: number): void {
  process.exitCode = exitCode;
  setTimeout(() => {
    if (mayHaveThreads()) killNow();
    process.exit();
  }, END_WITHIN_MS).unref();
}

/** Ends the process at once, whatever its threads are doing. What is written to standard error before is out. */
export function killNow(): void {
  process.kill(process.pid, 'SIGKILL');
  // Only the first process of a container comes here: signals of its own do not end it, a fault does.
  process.abort();
}

/** Each worker thread keeps a MessagePort open in this one. */
const mayHaveThreads = (): boolean => process.getActiveResourcesInfo().includes('MessagePort');
