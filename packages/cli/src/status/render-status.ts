// The status of a hub as text: a few lines on the hub, a table of its consumers, and a line for each thing amiss.
// `hub status` prints it, the demo redraws it.
import type { ConsumerSnapshot, HubSnapshot, SourceSnapshot } from '@penstock/hub';
import Table from 'cli-table3';
import picocolors from 'picocolors';
import { type Cell, COLUMNS, type Column } from './columns.js';
import { formatBytes, formatCount, formatDuration } from './format.js';

export interface StatusOptions {
  /** Whether to use ANSI colours; false by default. */
  readonly colour?: boolean;
  /** Most characters on a line: columns are left out and lines cut to fit; endless by default. */
  readonly width?: number;
  /** The moment to count the uptime to, in milliseconds since 1970; now by default. */
  readonly now?: number;
}

type Colours = ReturnType<typeof picocolors.createColors>;

/** Between two columns. */
const GAP = 2;

const NO_BORDERS = {
  ...Object.fromEntries(
    ['top', 'bottom', 'left', 'right', 'mid'].flatMap((side) => [
      [side, ''],
      [`${side}-mid`, ''],
      [`${side}-left`, ''],
      [`${side}-right`, ''],
    ]),
  ),
  middle: ' '.repeat(GAP),
};

/** Renders a snapshot as lines without a line end after the last. */
export function renderStatus(snapshot: HubSnapshot, options: StatusOptions = {}): string {
  const { colour = false, width = Number.POSITIVE_INFINITY, now = Date.now() } = options;
  const colours = picocolors.createColors(colour);
  const fit = (line: string) => cut(line, width);
  return [
    ...hubLines(snapshot, now).map(fit),
    '',
    ...table(snapshot.consumers, width, colours),
    ...block(notes(snapshot.consumers).map((line) => colours.dim(fit(line)))),
    ...block(problems(snapshot).map((line) => colours.red(fit(line)))),
  ].join('\n');
}

function hubLines({ version, state, pid, startedAt, durable, dataDir, journal, sources }: HubSnapshot, now: number) {
  const up = startedAt === undefined ? [] : [`up ${formatDuration(Math.max(0, now - startedAt) / 1000)}`];
  const segments = journal.segments === 1 ? '1 segment' : `${formatCount(journal.segments)} segments`;
  return [
    ['hub', version, state, `pid ${pid}`, ...up].join('  '),
    `data      ${dataDir} (${durable ? 'durable' : 'ephemeral'})`,
    `journal   ${formatBytes(journal.bytes)} in ${segments}`,
    ...sources.map(sourceLine),
  ];
}

function sourceLine({ source, description, receivedTotal, rejectedTotal }: SourceSnapshot): string {
  const reasons = Object.entries(rejectedTotal).filter(([, times]) => times > 0);
  const rejected = reasons.reduce((sum, [, times]) => sum + times, 0);
  const why = reasons.map(([reason, times]) => `${reason} ${formatCount(times)}`).join(', ');
  return `source    ${source}: ${formatCount(receivedTotal)} received, ${formatCount(rejected)} rejected${
    why === '' ? '' : ` (${why})`
  }; ${description}`;
}

function table(consumers: readonly ConsumerSnapshot[], width: number, colours: Colours): string[] {
  if (consumers.length === 0) return ['no consumers'];
  const columns = columnsThatFit(consumers, width);
  const nameWidth = Math.max(8, width - (widthOf(columns, consumers) - columnWidth(columns[0] as Column, consumers)));
  const rows = consumers.map((consumer) =>
    columns.map((column, at) => {
      const { text, paint } = column.cell(consumer);
      const shown = at === 0 ? cut(text, nameWidth) : text;
      return paint === undefined ? shown : paint(colours)(shown);
    }),
  );
  const drawn = new Table({
    chars: NO_BORDERS,
    colAligns: columns.map(({ align }) => align),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  drawn.push(
    columns.map(({ title }) => colours.dim(title)),
    ...rows,
  );
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

function columnsThatFit(consumers: readonly ConsumerSnapshot[], width: number): readonly Column[] {
  let columns = COLUMNS;
  while (widthOf(columns, consumers) > width) {
    const next = columns.reduce((least, { givesWay = 0 }) => Math.max(least, givesWay), 0);
    if (next === 0) break;
    columns = columns.filter(({ givesWay }) => givesWay !== next);
  }
  return columns;
}

const widthOf = (columns: readonly Column[], consumers: readonly ConsumerSnapshot[]): number =>
  columns.reduce((sum, column) => sum + columnWidth(column, consumers), GAP * (columns.length - 1));

const columnWidth = ({ title, cell }: Column, consumers: readonly ConsumerSnapshot[]): number =>
  consumers.reduce((most, consumer) => Math.max(most, (cell(consumer) as Cell).text.length), title.length);

/** What is as somebody wanted it, but may surprise whoever looks. */
function notes(consumers: readonly ConsumerSnapshot[]): string[] {
  return consumers.flatMap(({ consumer, state }) => {
    if (state === 'not-run') return [`${consumer}: left out by --only; its queue fills`];
    if (state === 'removed') return [`${consumer}: no longer in the config; its queue is kept and fills no further`];
    return [];
  });
}

function problems({ consumers, notReady }: HubSnapshot): string[] {
  return [
    ...notReady.map((why) => `not ready: ${why}`),
    ...consumers.flatMap(({ consumer, problem }) => (problem === undefined ? [] : [`${consumer}: ${problem}`])),
  ];
}

/** Lines that stand apart from what is above them. */
const block = (lines: readonly string[]): readonly string[] => (lines.length === 0 ? [] : ['', ...lines]);

const cut = (line: string, width: number): string => (line.length <= width ? line : `${line.slice(0, width - 1)}…`);
