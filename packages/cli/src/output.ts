// What becomes of a command that cannot write what it has to say.

/**
 * Keeps a failed write from ending the process with a stack trace. A reader that has seen enough, such as `head`, is
 * none: what it did not read, nobody misses.
 *
 * @param tell Called once, when standard output cannot be written for another reason, such as a full disk.
 */
export function watchOutput(tell: (error: NodeJS.ErrnoException) => void): void {
  let told = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || told) return;
    told = true;
    tell(error);
  });
  // There is nobody left to tell; the exit code says how it went.
  process.stderr.on('error', () => {});
}
