// A vitest reporter that counts for test/run.mjs: tests by outcome, and as failures also what vitest reports
// outside of any test: a file that does not load, a failed hook, an unhandled error.
import { writeFileSync } from 'node:fs';

export default class TallyReporter {
  /** Writes `{ passed, failed, skipped }` to the file named by PENSTOCK_TALLY_FILE. */
  onTestRunEnd(modules, unhandledErrors) {
    const tally = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      tally.failed += module.errors().length;
      for (const suite of module.children.allSuites()) tally.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        // A test still pending at the end was cut off, by --bail or an interrupt.
        tally[state === 'pending' ? 'failed' : state] += 1;
      }
    }
    const file = process.env.PENSTOCK_TALLY_FILE;
    if (file !== undefined) writeFileSync(file, JSON.stringify(tally));
  }
}
