// The status of a hub as text: a few lines on the hub, a table of its consumers, and a line for each thing amiss.
// `hub status` prints it, the demo redraws it.
import type { ConsumerSnapshot, HubSnapshot, SourceSnapshot } from '@penstock/hub';
import picocolors from 'picocolors';
import { formatBytes, formatCount, formatDuration } from '../table/format.js';
import { renderTable } from '../table/table.js';
import { block, cut, printable } from '../table/text.js';
import { COLUMNS } from './columns.js';

export interface StatusOptions {
  /** Whether to use ANSI colours; false by default. */
  readonly colour?: boolean;
  /** Most characters on a line: columns are left out and lines cut to fit; endless by default. */
  readonly width?: number;
  /** The moment to count the uptime to, in milliseconds since 1970; now by default. */
  readonly now?: number;
}

/** Renders a snapshot as lines without a line end after the last. */
export function renderStatus(snapshot: HubSnapshot, options: StatusOptions = {}): string {
  const { colour = false, width = Number.POSITIVE_INFINITY, now = Date.now() } = options;
  const colours = picocolors.createColors(colour);
  const fit = (line: string) => cut(printable(line), width);
  return [
    ...hubLines(snapshot, now).map(fit),
    '',
    ...(snapshot.consumers.length === 0
      ? ['no consumers']
      : renderTable(snapshot.consumers, COLUMNS, { colours, width })),
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

function sourceLine({ source, description, ...counts }: SourceSnapshot): string {
  const { receivedTotal, rejectedTotal, missedTotal, refusedTotal } = counts;
  const figures = [
    `${formatCount(receivedTotal)} received`,
    byReason('rejected', rejectedTotal),
    ...(missedTotal > 0 ? [`${formatCount(missedTotal)} missed`] : []),
    ...(sumOf(refusedTotal) > 0 ? [byReason('connections refused', refusedTotal)] : []),
  ];
  return `source    ${source}: ${figures.join(', ')}; ${description}`;
}

/** `12 rejected (frames 10, topic 2)` */
function byReason(what: string, total: Readonly<Record<string, number>>): string {
  const reasons = Object.entries(total).filter(([, times]) => times > 0);
  const why = reasons.map(([reason, times]) => `${reason} ${formatCount(times)}`).join(', ');
  return `${formatCount(sumOf(total))} ${what}${why === '' ? '' : ` (${why})`}`;
}

const sumOf = (total: Readonly<Record<string, number>>): number =>
  Object.values(total).reduce((sum, times) => sum + times, 0);

/** What is as somebody wanted it, but may surprise whoever looks. */
function notes(consumers: readonly ConsumerSnapshot[]): string[] {
  return consumers.flatMap(({ consumer, state }) => {
    if (state === 'not-run') return [`${consumer}: left out by --only; its queue fills`];
    if (state === 'removed')
      return [
        `${consumer}: no longer in the config; its queue is kept and fills no further; "hub queue rm ${consumer}" removes it`,
      ];
    return [];
  });
}

function problems({ consumers, notReady }: HubSnapshot): string[] {
  return [
    ...notReady.map((why) => `not ready: ${why}`),
    ...consumers.flatMap(({ consumer, problem }) => (problem === undefined ? [] : [`${consumer}: ${problem}`])),
  ];
}
