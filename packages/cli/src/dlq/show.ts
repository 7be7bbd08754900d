// `hub dlq show`: dead letters with their messages, and the errors with their stacks.
import { lookOf } from '../table/look.js';
import { letterJson } from './letter-json.js';
import { openDeadLetters } from './open.js';
import { renderLetter } from './render-letter.js';
import type { SelectionOptions } from './selection.js';

/** @throws QUEUE_NOT_FOUND, DEAD_LETTER_NOT_FOUND; what keeps the data directory from being read; HUB_UNREACHABLE. */
export async function showDeadLetters(
  consumer: string,
  ids: readonly number[],
  options: SelectionOptions,
): Promise<void> {
  const access = await openDeadLetters(consumer, options);
  const look = lookOf();
  const letters = access.findAll(ids);
  for (const [index, letter] of letters.entries()) {
    const shown = access.read(letter);
    const text = options.json === true ? letterJson(shown) : `${index === 0 ? '' : '\n'}${renderLetter(shown, look)}`;
    process.stdout.write(`${text}\n`);
  }
}
