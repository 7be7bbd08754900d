// What is allowed of a config's consumers and may surprise whoever runs them: a check of the config shows it, and a hub
// logs it when it starts.
import { manyThreads } from './config.js';
import type { ConsumerSpec } from './consumer-specs.js';

/** So many names are told of those that do the same. */
const MOST_NAMES = 3;

/** A sentence each. */
export function consumerWarnings(specs: readonly ConsumerSpec[]): string[] {
  const threads = specs.reduce((sum, spec) => sum + spec.threads, 0);
  const tooMany = `${threads} consumer threads are more than this machine is likely to run well (${manyThreads()}); fewer threads with a higher concurrency wait as well`;
  return [...(threads > manyThreads() ? [tooMany] : []), ...twins(specs)];
}

/** Consumers of one class with the same topics and options: everything is done twice, or more often. */
function twins(specs: readonly ConsumerSpec[]): string[] {
  const byWork = new Map<string, string[]>();
  for (const { name, moduleUrl, topics, options } of specs) {
    const work = JSON.stringify([moduleUrl, topics.toSorted(), options]);
    byWork.set(work, [...(byWork.get(work) ?? []), name]);
  }
  return [...byWork.values()]
    .filter((names) => names.length > 1)
    .map((names) => {
      const each = names.length === 2 ? 'both' : 'each of them';
      return `consumers ${listed(names)} are the same class with the same topics and options: each message is handled by ${each}; for more at once, give one of them more threads`;
    });
}

function listed(names: readonly string[]): string {
  const shown = names.length > MOST_NAMES + 1 ? names.slice(0, MOST_NAMES) : names;
  const quoted = shown.map((name) => `"${name}"`);
  const last = shown.length === names.length ? quoted.pop() : `${names.length - shown.length} more`;
  return `${quoted.join(', ')} and ${last}`;
}
