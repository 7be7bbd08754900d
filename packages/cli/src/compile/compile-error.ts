// How a module that cannot be compiled is reported: one line that an editor can jump to.
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { BuildFailure } from 'esbuild';

/** A module does not compile. The message is one line: file, line, column and what is wrong. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
}

/** A path as messages show it: relative to the working directory where it lies below that, else absolute. */
export function shownPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  const below = fromHere !== '' && fromHere !== '..' && !fromHere.startsWith(`..${sep}`) && !isAbsolute(fromHere);
  return below ? fromHere : path;
}

/** The first line of what was thrown. */
export function lineOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.split('\n', 1)[0] as string;
}

/**
 * Describes what esbuild threw.
 *
 * @param thrown What `esbuild.build()` rejected with.
 * @param source The module that was to be compiled.
 * @param folder Where esbuild's relative paths start.
 */
export function compileErrorFrom(thrown: unknown, source: string, folder: string): CompileError {
  const [first, ...others] = (thrown as Partial<BuildFailure>).errors ?? [];
  if (first === undefined) return new CompileError(`${shownPath(source)}: ${lineOf(thrown)}`, { cause: thrown });
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  const at = first.location;
  const place = at === null ? shownPath(source) : `${shownPath(resolve(folder, at.file))}:${at.line}:${at.column + 1}`;
  return new CompileError(`${place}: ${first.text}${more}`, { cause: thrown });
}
