// `--watch`: shows the same thing again and again; redrawn in place on a terminal, appended where it is piped.
import { setTimeout as sleep } from 'node:timers/promises';

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** Where it is shown: `process.stdout`, or a stand-in. */
export interface Screen {
  readonly rows?: number;
  write(text: string): unknown;
}

export interface WatchOptions {
  readonly intervalMs: number;
  readonly screen: Screen;
  /** Ends the watching. */
  readonly signal: AbortSignal;
}

/**
 * Redraws what `frame` gives on a terminal's alternate screen, and puts the terminal back at the end.
 *
 * @param frame The text to show, without a last line end.
 */
export async function redraw(
  frame: () => Promise<string>,
  { intervalMs, screen, signal }: WatchOptions,
): Promise<void> {
  screen.write(ENTER);
  try {
    await every(intervalMs, signal, async () => {
      const lines = fitting((await frame()).split('\n'), screen.rows);
      screen.write(`${HOME}${lines.map((line) => `${line}${CLEAR_LINE}`).join('\n')}${CLEAR_BELOW}`);
    });
  } finally {
    screen.write(LEAVE);
  }
}

/** Writes what `frame` gives, one after the other. */
export async function append(
  frame: () => Promise<string>,
  { intervalMs, screen, signal }: WatchOptions,
): Promise<void> {
  await every(intervalMs, signal, async () => screen.write(`${await frame()}\n`));
}

async function every(intervalMs: number, signal: AbortSignal, act: () => Promise<unknown>): Promise<void> {
  while (!signal.aborted) {
    await act();
    await sleep(intervalMs, undefined, { signal }).catch(() => {});
  }
}

/** A line more than the terminal has would scroll the first ones away. */
function fitting(lines: readonly string[], rows = Number.POSITIVE_INFINITY): readonly string[] {
  if (lines.length <= rows) return lines;
  return [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more lines`];
}
