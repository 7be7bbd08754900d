// How much a stream can show: colours, and characters on a line. Decided once for each stream, so that what is piped
// is plain text without a command asking about it.
import picocolors from 'picocolors';
import type { Colors } from 'picocolors/types.js';

/** Puts a colour around a text, or gives it back as it is where there are no colours. */
export type Paint = (colours: Colors) => (text: string) => string;

export interface Look {
  readonly colours: Colors;
  /** Most characters on a line; `Infinity` where lines may be as long as they like. */
  readonly width: number;
}

/** Where something is printed: `process.stdout`, `process.stderr`, or a stand-in. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** No colours and no end of the line: what is piped, and what is compared in tests. */
export const PLAIN: Look = { colours: picocolors.createColors(false), width: Number.POSITIVE_INFINITY };

/**
 * What a stream can show. Colours are for terminals, unless `NO_COLOR` (https://no-color.org) or `TERM=dumb` asks for
 * none or `FORCE_COLOR` (https://force-color.org) asks for them; `NO_COLOR` wins. Lines are cut to a terminal alone.
 *
 * @param stream Standard output by default.
 * @param environment The environment variables to heed; the process's own by default.
 */
export function lookOf(
  stream: OutputStream = process.stdout,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Look {
  const colour = showsColours(stream.isTTY === true, environment);
  const width = stream.isTTY === true && stream.columns ? stream.columns : Number.POSITIVE_INFINITY;
  return { colours: picocolors.createColors(colour), width };
}

function showsColours(isTerminal: boolean, { NO_COLOR, FORCE_COLOR, TERM }: Record<string, string | undefined>) {
  if (NO_COLOR) return false;
  if (FORCE_COLOR) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return isTerminal && TERM !== 'dumb';
}
