// The table of `hub queue ls`.
import type { QueueSummary } from '@penstock/hub/control';
import { STATE_PAINTS } from '../status/columns.js';
import { formatBytes, formatCount, formatDuration } from '../table/format.js';
import type { Look } from '../table/look.js';
import { bold, dim, red } from '../table/paint.js';
import { type Column, NOTHING, renderTable } from '../table/table.js';
import { block, printable } from '../table/text.js';

const COLUMNS: readonly Column<QueueSummary>[] = [
  { title: 'QUEUE', shrinksTo: 8, cell: ({ name }) => name },
  { title: 'NUMBER', align: 'right', givesWay: 4, cell: ({ number }) => String(number) },
  { title: 'STATE', cell: ({ state }) => ({ text: state, paint: STATE_PAINTS[state] }) },
  {
    title: 'BACKLOG',
    align: 'right',
    cell: ({ backlog }) => ({ text: formatCount(backlog), paint: backlog === 0 ? dim : bold }),
  },
  {
    title: 'BYTES',
    align: 'right',
    givesWay: 2,
    cell: ({ backlog, backlogBytes }) => (backlog === 0 ? NOTHING : formatBytes(backlogBytes)),
  },
  {
    title: 'OLDEST',
    align: 'right',
    givesWay: 1,
    cell: ({ backlog, oldestMessageAgeSeconds }) => (backlog === 0 ? NOTHING : formatDuration(oldestMessageAgeSeconds)),
  },
  { title: 'ON DISK', align: 'right', givesWay: 3, cell: ({ diskBytes }) => formatBytes(diskBytes) },
  { title: 'SINCE', givesWay: 5, cell: ({ added }) => added.slice(0, 10) },
];

/** Shown where any queue has some. */
const DEAD: Column<QueueSummary> = {
  title: 'DEAD',
  align: 'right',
  givesWay: 3,
  cell: ({ deadLetters }) => (deadLetters === 0 ? NOTHING : { text: formatCount(deadLetters), paint: red }),
};

const WITH_DEAD = COLUMNS.flatMap((column) => (column.title === 'BACKLOG' ? [column, DEAD] : [column]));

/** Renders queues as lines without a line end after the last. */
export function renderQueues(queues: readonly QueueSummary[], look: Look): string {
  if (queues.length === 0) return 'no queues';
  const removed = queues.filter(({ state }) => state === 'removed');
  return [
    ...renderTable(queues, queues.some(({ deadLetters }) => deadLetters > 0) ? WITH_DEAD : COLUMNS, look),
    ...block(
      removed.map(
        ({ name }) => `${printable(name)}: no longer in the config; "hub queue rm ${name}" removes its queue`,
      ),
    ),
  ].join('\n');
}
