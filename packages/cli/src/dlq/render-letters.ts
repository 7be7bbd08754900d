// The table of `hub dlq ls`.
import { reasonName, type ShownLetter, type UnreadableLetter } from '@penstock/hub/control';
import { formatCount } from '../table/format.js';
import type { Look } from '../table/look.js';
import { red } from '../table/paint.js';
import { type Column, NOTHING, renderTable } from '../table/table.js';
import { isoTime } from './letter-json.js';

/** Most characters of a reason with its error where nothing else limits it. */
const MOST_REASON_LENGTH = 200;

type Row = ShownLetter | UnreadableLetter;

const COLUMNS: readonly Column<Row>[] = [
  { title: 'ID', align: 'right', cell: ({ ordinal }) => String(ordinal) },
  { title: 'TIME', givesWay: 1, cell: (row) => ('problem' in row ? NOTHING : (isoTime(row.lastAt) ?? NOTHING)) },
  {
    title: 'ATTEMPTS',
    align: 'right',
    givesWay: 2,
    cell: (row) => ('problem' in row ? NOTHING : formatCount(row.attempts)),
  },
  { title: 'TOPIC', shrinksTo: 12, cell: (row) => ('problem' in row ? NOTHING : row.message.topic) },
  { title: 'MESSAGE', shrinksTo: 8, givesWay: 3, cell: (row) => ('problem' in row ? NOTHING : row.message.id) },
  {
    title: 'REASON',
    shrinksTo: 16,
    wanted: 40,
    cell: (row) => ('problem' in row ? { text: `cannot be read: ${row.problem}`, paint: red } : reasonText(row)),
  },
];

/** Renders letters as lines without a line end after the last. */
export const renderLetters = (letters: readonly Row[], look: Look): string =>
  renderTable(letters, COLUMNS, look).join('\n');

/** What the consumer has said, or why else; with the error behind it. */
function reasonText({ reason, text, error }: ShownLetter): string {
  const said = text === '' ? reasonName(reason) : text;
  const whole = error === undefined || said.includes(error.message) ? said : `${said}: ${error.message}`;
  return whole.slice(0, MOST_REASON_LENGTH);
}
