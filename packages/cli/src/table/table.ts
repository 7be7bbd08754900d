// A table without borders for any kind of row: aligned columns under dim titles, narrowed to a terminal by leaving
// out the columns that matter least, then by cutting the texts that may be cut.
import type { Look, Paint } from './look.js';
import { dim } from './paint.js';
import { cut, printable, widthOf } from './text.js';

export interface Cell {
  readonly text: string;
  readonly paint?: Paint | undefined;
}

export interface Column<Row> {
  readonly title: string;
  /** `left` by default; numbers stand `right`. */
  readonly align?: 'left' | 'right';
  /** Columns go from the highest number down until the table fits; undefined: it stays. */
  readonly givesWay?: number;
  /** So many characters are worth another column's giving way, where it is wider; all of it by default. */
  readonly wanted?: number;
  /** Least characters that are left of it where the table is still too wide; undefined: it is never cut. */
  readonly shrinksTo?: number;
  /** What it shows of a row; a string has no colour. */
  cell(row: Row): Cell | string;
}

/** Nothing to show for this row. */
export const NOTHING: Cell = { text: '-', paint: dim };

/** Between two columns. */
const GAP = 2;

/** A column with what it shows of each row, and how wide that is. */
interface Filled<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly Cell[];
  readonly width: number;
}

/**
 * Renders rows as lines: the titles, then a line a row. Without rows there is only the line of titles.
 *
 * @param rows What to show, one a line.
 * @param columns From left to right.
 * @param look Colours and width; see `lookOf()`.
 */
export function renderTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[], look: Look): string[] {
  const shown = shrunk(thatFit(columns.map(filledWith(rows)), look.width), look.width);
  const lines = [
    shown.map((each) => drawn({ text: each.column.title, paint: dim }, each, look)),
    ...rows.map((_, row) => shown.map((each) => drawn(each.cells[row] as Cell, each, look))),
  ];
  return lines.map((cells) => cells.join(' '.repeat(GAP)).trimEnd());
}

/** A cell as wide as its column. */
function drawn<Row>({ text, paint }: Cell, { column, width }: Filled<Row>, look: Look): string {
  const fitting = cut(text, width);
  const room = ' '.repeat(width - widthOf(fitting));
  const painted = paint === undefined ? fitting : paint(look.colours)(fitting);
  return column.align === 'right' ? room + painted : painted + room;
}

const filledWith =
  <Row>(rows: readonly Row[]) =>
  (column: Column<Row>): Filled<Row> => {
    const cells = rows.map((row) => {
      const cell = column.cell(row);
      return typeof cell === 'string' ? { text: printable(cell) } : { ...cell, text: printable(cell.text) };
    });
    return {
      column,
      cells,
      width: cells.reduce((most, { text }) => Math.max(most, widthOf(text)), column.title.length),
    };
  };

/** Without the columns that give way. */
function thatFit<Row>(all: readonly Filled<Row>[], width: number): readonly Filled<Row>[] {
  let left = all;
  const wanted = () =>
    widthOfAll(
      left.map((each) => ({ ...each, width: Math.min(each.width, each.column.wanted ?? Number.POSITIVE_INFINITY) })),
    );
  while (wanted() > width) {
    const next = left.reduce((most, { column }) => Math.max(most, column.givesWay ?? 0), 0);
    if (next === 0) break;
    left = left.filter(({ column }) => column.givesWay !== next);
  }
  return left;
}

/** Takes what is too much from the widest column that can be cut, again and again. */
function shrunk<Row>(all: readonly Filled<Row>[], width: number): readonly Filled<Row>[] {
  const widths = all.map((each) => each.width);
  const spare = (at: number) => (widths[at] as number) - (all[at]?.column.shrinksTo ?? Number.POSITIVE_INFINITY);
  for (let over = widthOfAll(all) - width; over > 0; over -= 1) {
    const candidates = [...all.keys()].filter((at) => spare(at) > 0);
    if (candidates.length === 0) break;
    const widest = candidates.reduce((best, at) => ((widths[at] as number) > (widths[best] as number) ? at : best));
    widths[widest] = (widths[widest] as number) - 1;
  }
  return all.map((each, at) => ({ ...each, width: widths[at] as number }));
}

const widthOfAll = <Row>(columns: readonly Filled<Row>[]): number =>
  columns.reduce((sum, { width }) => sum + width, GAP * (columns.length - 1));
