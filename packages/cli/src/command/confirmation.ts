// Asks before something is lost for good.
import { createInterface } from 'node:readline';

/**
 * Asks on a terminal; elsewhere there is nobody to ask, which is a no.
 *
 * @param question With a question mark at its end.
 */
export async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  return /^y(es)?$/i.test((await answerTo(`${question} [y/N] `)).trim());
}

/** The line that is typed; empty when there is none, after Ctrl-C or Ctrl-D. */
async function answerTo(question: string): Promise<string> {
  const readline = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise((resolve) => {
      readline.once('SIGINT', () => readline.close());
      readline.once('close', () => resolve(''));
      readline.question(question, resolve);
    });
  } finally {
    readline.close();
  }
}
