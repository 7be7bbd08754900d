// Waits for what the threads of a reference lane or of a peer say of themselves.

/**
 * Resolves when every thread has said `word`; rejects when one fails or ends before.
 *
 * @param {import('node:worker_threads').Worker[]} threads
 * @param {'ready' | 'warm' | 'done'} word
 */
export function allSay(threads, word) {
  return Promise.all(
    threads.map(
      (thread) =>
        new Promise((resolve, reject) => {
          thread.on('message', (said) => said === word && resolve(undefined));
          thread.once('error', reject);
          thread.once('exit', (code) => reject(new Error(`a consumer's thread ended with exit code ${code}`)));
        }),
    ),
  );
}
