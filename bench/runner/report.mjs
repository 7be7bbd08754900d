// How rows are shown: aligned lines for people as they are done, with progress in between, or a JSON object a
// line. A row below its floor is marked; it does not fail the run, since a time depends on the machine.

import { keepsBounds, reaches } from './bounds.mjs';
import { describeFurther } from './further.mjs';

/** @typedef {import('./row.mjs').RowResult} RowResult */

const COLUMNS = /** @type {const} */ ([
  ['scenario', 22],
  ['figure', 22],
  ['reference', 22],
  ['ratio (lowest to highest)', 26],
  ['floor', 9],
  ['aim', 7],
  ['', 0],
]);

/** Whether a row says that messages were lost or repeated, or that it could not be measured to its end. */
export const isFailure = (/** @type {RowResult} */ row) => row.failed !== undefined || row.lost > 0 || row.repeated > 0;

/**
 * Reports to standard output; progress goes to standard error, and only to a terminal.
 *
 * @param {{ json: boolean }} options
 */
export function makeReport({ json }) {
  const transient = process.stderr.isTTY;
  const clear = () => transient && process.stderr.write('\r\x1b[K');
  const line = (/** @type {string} */ text) => {
    clear();
    process.stdout.write(`${text}\n`);
  };
  return {
    /** @param {string} machine */
    begin(machine) {
      if (json) return;
      line(machine);
      line(cells(COLUMNS.map(([title]) => title)));
    },
    /** @param {string} text */
    progress(text) {
      if (transient) process.stderr.write(`\r\x1b[K${text}`);
    },
    /** @param {RowResult} row */
    row(row) {
      if (json) line(JSON.stringify(row));
      else for (const text of describe(row)) line(text);
    },
    end: clear,
  };
}

/**
 * @param {RowResult} row
 * @returns {string[]}
 */
function describe(row) {
  const name = `${row.scenario} ${row.variant ?? `K=${row.consumers}`}`;
  if (row.skipped !== undefined) return [`${cells([name])}skipped: ${row.skipped}`];
  const bound = (/** @type {number | null} */ ratio) =>
    ratio === null ? '-' : `${row.better === 'higher' ? '≥' : '≤'} ${ratio}`;
  const faults = [
    ...(row.lost > 0 ? [`  ✗ ${row.lost} deliveries lost`] : []),
    ...(row.repeated > 0 ? [`  ✗ ${row.repeated} deliveries repeated`] : []),
    ...(row.failed === undefined ? [] : [`  ✗ failed: ${row.failed.replaceAll('\n', '\n    ')}`]),
  ];
  const { value, reference, ratio, ratioMin, ratioMax } = row;
  if (ratio === null) return [cells([name]).trimEnd(), ...faults];
  const columns = [
    name,
    quantity(value, row.unit),
    quantity(reference, row.unit),
    `${ratio.toFixed(2)} (${ratioMin?.toFixed(2)} to ${ratioMax?.toFixed(2)})`,
    row.mostOver === null ? bound(row.floor) : `≤ +${row.mostOver}`,
    bound(row.aim),
    standing(row, ratio),
  ];
  return [cells(columns), ...row.further.map(describeFurther), ...faults];
}

/**
 * @param {RowResult} row
 * @param {number} ratio
 */
function standing(row, ratio) {
  const { floor, aim, over, mostOver, unit } = row;
  const keeps = keepsBounds(row);
  if (over !== null && mostOver !== null) return `${keeps ? '✓' : '✗'} ${over.toFixed(1)} ${unit} over`;
  if (!keeps) return '✗ below floor';
  if (aim !== null && reaches(row, ratio, aim)) return '✓ aim reached';
  return floor === null ? '' : '✓ above floor';
}

/** @param {readonly string[]} texts */
function cells(texts) {
  return texts.map((text, at) => text.padEnd(COLUMNS[at]?.[1] ?? 0)).join('');
}

/**
 * @param {number | null} value
 * @param {string} unit
 */
function quantity(value, unit) {
  if (value === null) return '-';
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M ${unit}`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)} k ${unit}`;
  return `${value.toFixed(value < 10 ? 2 : 1)} ${unit}`;
}
