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

/** What a terminal shows two columns wide: the scripts of East Asia, their full-width forms, and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;

/** What has no width of its own: accents that stand on the character before them, and joiners. */
const WITHOUT_WIDTH = /\p{Mn}|\p{Me}|\p{Cf}/u;

/** Plain ASCII, which is nearly all there is, has one column a character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
const ASCII = /^[\u0000-\u007f]*$/;

/** How many columns of a terminal a text takes, as most terminals have it. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

const columnsOf = (character: string): number => (WITHOUT_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1);

/** A line of at most `width` columns; a cut is shown by a last "…". */
export function cut(line: string, width: number): string {
  // No character takes more than two columns, so that most lines need no count.
  if (2 * line.length <= width || widthOf(line) <= width) return line;
  let kept = '';
  let columns = 0;
  for (const character of line) {
    columns += columnsOf(character);
    if (columns > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Lines that stand apart from what is above them; none when there are none. */
export const block = (lines: readonly string[]): readonly string[] => (lines.length === 0 ? [] : ['', ...lines]);
