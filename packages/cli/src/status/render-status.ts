// The status of a hub as text: a few lines on the hub, a table of its consumers, and a line for each thing amiss.
// `hub status` prints it, the demo redraws it.
import type { HubSnapshot, SourceSnapshot } from '@penstock/hub';
import picocolors from 'picocolors';
import { formatBytes, formatCount, formatDuration } from '../table/format.js';
import { renderTable } from '../table/table.js';
import { block, cut, printable } from '../table/text.js';
import { columnsFor } from './columns.js';
import { notesOn } from './consumer-notes.js';
import { byReason, sumOf } from './reasons.js';

export interface StatusOptions {
  /** Whether to use ANSI colours; false by default. */
  readonly colour?: boolean;
  /** Most characters on a line: columns are left out and lines cut to fit; endless by default. */
  readonly width?: number;
  /** The moment to count the uptime to, in milliseconds since 1970; now by default. */
  readonly now?: number;
}

/** How much of what the data directory may take is worth a line. */
const DISK_SHOWN_AT = 0.5;

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
      : renderTable(snapshot.consumers, columnsFor(snapshot.consumers), { colours, width })),
    ...block(snapshot.consumers.flatMap((consumer) => notesOn(consumer, now)).map((line) => colours.dim(fit(line)))),
    ...block(problems(snapshot).map((line) => colours.red(fit(line)))),
  ].join('\n');
}

function hubLines(snapshot: HubSnapshot, now: number) {
  const { version, state, pid, startedAt, durable, dataDir, journal, disk, sources } = snapshot;
  const up = startedAt === undefined ? [] : [`up ${formatDuration(Math.max(0, now - startedAt) / 1000)}`];
  const segments = journal.segments === 1 ? '1 segment' : `${formatCount(journal.segments)} segments`;
  return [
    ['hub', version, state, `pid ${pid}`, ...up].join('  '),
    `data      ${dataDir} (${durable ? 'durable' : 'ephemeral'})`,
    `journal   ${formatBytes(journal.bytes)} in ${segments}`,
    ...(disk.bytes >= disk.limitBytes * DISK_SHOWN_AT ? [diskLine(disk)] : []),
    ...quarantineLine(snapshot.quarantined),
    ...sources.map(sourceLine),
  ];
}

/** Only what was set aside of damaged files, and only when there is any. */
function quarantineLine(quarantined: HubSnapshot['quarantined']): string[] {
  const kinds = Object.entries(quarantined ?? {}).filter(([, files]) => files > 0);
  const text = kinds.map(([kind, files]) => `${kind} ${files}`).join(', ');
  return kinds.length === 0 ? [] : [`damaged   ${text} (set aside in the folder "quarantine")`];
}

function diskLine({ bytes, limitBytes }: HubSnapshot['disk']): string {
  const percent = Math.floor((100 * bytes) / Math.max(1, limitBytes));
  return `disk      ${formatBytes(bytes)} of ${formatBytes(limitBytes)} (${percent}%)`;
}

function sourceLine({ source, description, ...counts }: SourceSnapshot): string {
  const { receivedTotal, rejectedTotal, missedTotal, refusedTotal, heldBy = [] } = counts;
  const figures = [
    `${formatCount(receivedTotal)} received`,
    byReason('rejected', rejectedTotal),
    ...(missedTotal > 0 ? [`${formatCount(missedTotal)} missed`] : []),
    ...(sumOf(refusedTotal) > 0 ? [byReason('connections refused', refusedTotal)] : []),
    ...(heldBy.length > 0 ? [`waits for the full queue of ${heldBy.join(', ')}`] : []),
  ];
  return `source    ${source}: ${figures.join(', ')}; ${description}`;
}

function problems({ consumers, notReady }: HubSnapshot): string[] {
  return [
    ...notReady.map((why) => `not ready: ${why}`),
    // Of one that has halted, the line above says all that there is to say.
    ...consumers.flatMap(({ consumer, state, problem }) =>
      problem === undefined || state === 'halted' ? [] : [`${consumer}: ${problem}`],
    ),
  ];
}
