// How what goes wrong in a config file is told: the file first, and the line in it where one is known.
import { fileURLToPath } from 'node:url';
import { PenstockError } from '@penstock/hub';
import { lineOf } from '../compile/compile-error.js';

/** A source's factory has found a fault in its options: the same error, with the file before each of its lines. */
export function inFile(error: PenstockError, where: string): PenstockError {
  const lines = error.message.split('\n').map((line) => `${where}: ${line}`);
  return new PenstockError(error.code, lines.join('\n'), { cause: error });
}

/**
 * One line about a config file that threw while it was loaded.
 *
 * @param path Absolute path of the file.
 * @param url What was imported for it; undefined when it did not come to that.
 * @param where How messages name the file.
 */
export function thrownWhileLoading(thrown: unknown, path: string, url: string | undefined, where: string): string {
  // A missing import is reported from the compiled file, which means nothing to the user.
  const what = url === undefined ? lineOf(thrown) : lineOf(thrown).replaceAll(fileURLToPath(url), path);
  const remedy = /^Cannot find package '/.test(what) ? '; install it in this project' : '';
  return `${where}${placeIn(thrown, path)}: threw while it was loaded: ${what}${remedy}`;
}

/** `:line:column` of the topmost stack frame in `path`, when there is one. */
function placeIn(thrown: unknown, path: string): string {
  const stack = thrown instanceof Error ? String(thrown.stack) : '';
  const start = stack.indexOf(`${path}:`);
  if (start === -1) return '';
  return /^:\d+:\d+/.exec(stack.slice(start + path.length))?.[0] ?? '';
}
