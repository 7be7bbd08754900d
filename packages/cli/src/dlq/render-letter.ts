// A dead letter in detail as text: why it is one, its message, and the error with its stack.
import { reasonName, type ShownLetter, type UnreadableLetter } from '@penstock/hub/control';
import { formatCount } from '../table/format.js';
import type { Look, Paint } from '../table/look.js';
import { bold, dim, red } from '../table/paint.js';
import { printable } from '../table/text.js';
import { fullMessage } from '../tail/render-message.js';
import { isoTime } from './letter-json.js';

/** The titles of the lines, with what is between them and their texts. */
const TITLE_LENGTH = 10;

/** Renders a letter as lines without a line end after the last. */
export function renderLetter(letter: ShownLetter | UnreadableLetter, look: Look): string {
  const { ordinal } = letter;
  if ('problem' in letter) {
    return [line(look, 'letter', String(ordinal), bold), line(look, 'problem', letter.problem, red)].join('\n');
  }
  const { reason, text, error, attempts, firstAt, lastAt, message } = letter;
  return [
    line(look, 'letter', String(ordinal), bold),
    line(look, 'reason', text === '' ? reasonName(reason) : `${text} (${reasonName(reason)})`, red),
    line(look, 'attempts', formatCount(attempts)),
    line(look, 'first', isoTime(firstAt) ?? '-'),
    line(look, 'last', isoTime(lastAt) ?? '-'),
    ...(error === undefined ? [] : [line(look, 'error', errorText(error))]),
    ...(error?.stack === undefined ? [] : stackLines(error.stack, look)),
    fullMessage(message, look),
  ].join('\n');
}

/** Nothing is cut, however narrow the terminal: this is where a letter is shown whole. */
function line({ colours }: Look, title: string, text: string, paint?: Paint): string {
  const shown = printable(text);
  return `${title.padEnd(TITLE_LENGTH)}${paint === undefined ? shown : paint(colours)(shown)}`;
}

type LetterError = NonNullable<ShownLetter['error']>;

const errorText = ({ name, message, code }: LetterError): string =>
  `${name}: ${message}${code === undefined ? '' : ` (${code})`}`;

/** Its frames; what stands before them is the name and the message again. */
function stackLines(stack: string, { colours }: Look): string[] {
  const frames = stack.split('\n').filter((each) => /^\s+at /.test(each));
  return frames.map((each) => dim(colours)(`${' '.repeat(TITLE_LENGTH)}${printable(each.trim())}`));
}
