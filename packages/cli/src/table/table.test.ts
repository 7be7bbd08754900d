import { stripVTControlCharacters } from 'node:util';
import picocolors from 'picocolors';
import { expect, test } from 'vitest';
import { PLAIN } from './look.js';
import { red } from './paint.js';
import { type Column, NOTHING, renderTable } from './table.js';

interface Queue {
  readonly name: string;
  readonly topics: string;
  readonly backlog: number;
}

const COLUMNS: readonly Column<Queue>[] = [
  { title: 'QUEUE', cell: ({ name }) => name },
  { title: 'TOPICS', shrinksTo: 6, cell: ({ topics }) => topics },
  { title: 'BACKLOG', align: 'right', cell: ({ backlog }) => ({ text: String(backlog), paint: red }) },
  { title: 'NOTE', givesWay: 1, cell: () => NOTHING },
];

const ROWS = [
  { name: 'archive', topics: 'org.example.>', backlog: 12 },
  { name: 'b', topics: 'a.*', backlog: 3456 },
];

const at = (width: number) => renderTable(ROWS, COLUMNS, { ...PLAIN, width }).join('\n');

test('columns are aligned under their titles', () => {
  expect(renderTable(ROWS, COLUMNS, PLAIN).join('\n')).toBe(`\
QUEUE    TOPICS         BACKLOG  NOTE
archive  org.example.>       12  -
b        a.*               3456  -`);
});

test('where it is narrow, columns that give way go first, then what may be cut is cut', () => {
  expect(at(36)).toBe(`\
QUEUE    TOPICS         BACKLOG
archive  org.example.>       12
b        a.*               3456`);
  expect(at(27)).toBe(`\
QUEUE    TOPICS     BACKLOG
archive  org.exam…       12
b        a.*           3456`);
  expect(at(1), 'what may not be cut stays').toContain('archive  org.e…       12');
});

test('colours change nothing but the colour', () => {
  const coloured = renderTable(ROWS, COLUMNS, { colours: picocolors.createColors(true), width: 27 }).join('\n');
  expect(coloured).toContain('\x1b[31m');
  expect(stripVTControlCharacters(coloured)).toBe(at(27));
});

test('a row is one line, whatever is in it, and without rows there are the titles', () => {
  const rows = [{ name: 'a\nb', topics: '\x1b[31m', backlog: 0 }];
  expect(renderTable(rows, COLUMNS, PLAIN)[1]).toMatch(/^a\\nb {3}\\u001b\[31m /);
  expect(renderTable([], COLUMNS, PLAIN)).toEqual(['QUEUE  TOPICS  BACKLOG  NOTE']);
});

test('wide text is aligned and cut by the columns it takes', () => {
  const rows = [
    { name: '注文', topics: '東京.大阪.名古屋', backlog: 12 },
    { name: 'abcd', topics: 'a.b', backlog: 3 },
  ];
  const lines = renderTable(rows, COLUMNS.slice(0, 3), { ...PLAIN, width: 24 });
  expect(lines).toEqual(['QUEUE  TOPICS    BACKLOG', '注文   東京.大…       12', 'abcd   a.b             3']);
});
