// The table of `hub audit`.
import type { AuditResult } from '@penstock/hub/control';
import { formatCount } from '../table/format.js';
import type { Look, Paint } from '../table/look.js';
import { bold, dim, green, red, yellow } from '../table/paint.js';
import { type Cell, type Column, renderTable } from '../table/table.js';
import { block, cut, printable } from '../table/text.js';

const RESULTS: Readonly<Record<AuditResult['result'], Paint>> = { even: green, off: red, moving: yellow };

/** A column of counts; a 0 is dim, and a column where all are 0 gives way first where it may. */
const counts = (title: string, of: (audit: AuditResult) => number, givesWay?: number): Column<AuditResult> => ({
  title,
  align: 'right',
  ...(givesWay === undefined ? {} : { givesWay }),
  cell: (audit): Cell => ({ text: formatCount(of(audit)), paint: of(audit) === 0 ? dim : undefined }),
});

const sumOf = (reasons: Readonly<Record<string, number>>): number =>
  Object.values(reasons).reduce((sum, count) => sum + count, 0);

const COLUMNS: readonly Column<AuditResult>[] = [
  { title: 'CONSUMER', shrinksTo: 8, cell: ({ consumer }) => ({ text: consumer, paint: bold }) },
  counts('ENQUEUED', ({ enqueued }) => enqueued),
  counts('ACKNOWLEDGED', ({ acknowledged }) => acknowledged, 1),
  counts('DAMAGED', ({ damaged }) => damaged, 7),
  counts('DEAD', ({ deadLettered }) => sumOf(deadLettered), 2),
  counts('DROPPED', ({ dropped }) => sumOf(dropped), 3),
  counts('WAITING', ({ waiting }) => waiting, 4),
  counts('IN FLIGHT', ({ inFlight }) => inFlight, 6),
  counts('RETRYING', ({ retrying }) => retrying, 5),
  counts('DIFFERENCE', ({ difference }) => difference),
  { title: 'RESULT', cell: ({ result }) => ({ text: result, paint: RESULTS[result] }) },
];

/** What each reason is called, as `hub dlq` and `/metrics` have it. */
const REASONS: Readonly<Record<string, string>> = { queueFull: 'queue-full' };

/** Renders accounts as lines without a line end after the last. */
export function renderAudit(audits: readonly AuditResult[], look: Look): string {
  if (audits.length === 0) return 'no queues';
  const fit = (line: string) => cut(printable(line), look.width);
  return [
    ...renderTable(audits, COLUMNS, look),
    ...block(audits.flatMap((audit) => [...byReason(audit, 'deadLettered'), ...byReason(audit, 'dropped')]).map(fit)),
    ...block(audits.flatMap(({ consumer, findings }) => findings.map((finding) => fit(`${consumer}: ${finding}`)))),
  ].join('\n');
}

const VERBS = { deadLettered: 'dead letters', dropped: 'dropped' } as const;

/** `badges: dead letters: 3 attempts, 1 crashes` */
function byReason({ consumer, ...audit }: AuditResult, what: keyof typeof VERBS): string[] {
  const parts = Object.entries(audit[what])
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${formatCount(count)} ${REASONS[reason] ?? reason}`);
  return parts.length === 0 ? [] : [`${consumer}: ${VERBS[what]} by reason: ${parts.join(', ')}`];
}
