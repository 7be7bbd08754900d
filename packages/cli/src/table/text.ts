// Lines of text as a terminal can take them: cut to its width, and free of characters that would steer it.

/** Control characters of C0 and C1, line ends among them, and marks that turn the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const STEERING = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Text from outside, such as a topic or a header, with what would steer a terminal written out (`\n`, `\u001b`), so
 * that no message can colour, overwrite or retitle what the user sees.
 */
export function printable(text: string): string {
  return text.replace(
    STEERING,
    (character) => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A line of at most `width` characters; a cut is shown by a last "…". */
export function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

/** Lines that stand apart from what is above them; none when there are none. */
export const block = (lines: readonly string[]): readonly string[] => (lines.length === 0 ? [] : ['', ...lines]);
