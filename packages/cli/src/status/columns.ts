// The columns of the status table: what each shows of a consumer, and which give way where the terminal is narrow.
import type { ConsumerSnapshot, ConsumerState } from '@penstock/hub';
import { formatBytes, formatCount, formatDuration, formatRate } from '../table/format.js';
import type { Paint } from '../table/look.js';
import { bold, dim, green, red, yellow } from '../table/paint.js';
import { type Cell, type Column, NOTHING } from '../table/table.js';

/** The colour of each state, the same in every table. */
export const STATE_PAINTS: Readonly<Record<ConsumerState, Paint>> = {
  running: green,
  starting: yellow,
  stalled: red,
  failed: red,
  paused: yellow,
  halted: red,
  stopped: dim,
  'not-run': dim,
  removed: dim,
};

const count = (value: number): Cell => ({ text: formatCount(value), paint: value === 0 ? dim : undefined });
const rate = (value: number): Cell => ({ text: formatRate(value), paint: value < 0.05 ? dim : undefined });

const threads = ({ threads }: ConsumerSnapshot): Cell => {
  const all = Object.values(threads).reduce((sum, each) => sum + each, 0);
  return threads.running === all ? count(all) : { text: `${threads.running}/${all}`, paint: yellow };
};

/** Shown where any consumer has something in it: most hubs have no need of the width that it takes. */
interface OccasionalColumn extends Column<ConsumerSnapshot> {
  readonly count: (consumer: ConsumerSnapshot) => number;
}

const COLUMNS: readonly (Column<ConsumerSnapshot> | OccasionalColumn)[] = [
  { title: 'CONSUMER', shrinksTo: 8, cell: ({ consumer }) => ({ text: consumer }) },
  {
    title: 'BACKLOG',
    align: 'right',
    cell: ({ backlog }) => ({ text: formatCount(backlog), paint: backlog === 0 ? dim : bold }),
  },
  { title: 'IN FLIGHT', align: 'right', givesWay: 5, cell: ({ inFlight }) => count(inFlight) },
  occasional({ title: 'RETRYING', givesWay: 4, count: ({ retrying }) => retrying }),
  occasional({ title: 'DEAD', givesWay: 1, paint: red, count: ({ deadLetters }) => deadLetters }),
  {
    title: 'OLDEST',
    align: 'right',
    givesWay: 2,
    cell: ({ backlog, oldestMessageAgeSeconds: age }) => (backlog === 0 ? NOTHING : { text: formatDuration(age) }),
  },
  { title: 'IN/S', align: 'right', givesWay: 6, cell: ({ arrivalsPerSecond }) => rate(arrivalsPerSecond) },
  { title: 'OUT/S', align: 'right', givesWay: 7, cell: ({ settledPerSecond }) => rate(settledPerSecond) },
  {
    title: 'CATCH-UP',
    align: 'right',
    givesWay: 3,
    cell: ({ backlog, catchUpSeconds: seconds }) => {
      if (backlog === 0) return NOTHING;
      return { text: formatDuration(seconds), paint: seconds === Number.POSITIVE_INFINITY ? yellow : undefined };
    },
  },
  { title: 'THREADS', align: 'right', givesWay: 8, cell: threads },
  {
    ...occasional({ title: 'PROCESS', givesWay: 9, count: ({ processResidentBytes = 0 }) => processResidentBytes }),
    cell: ({ processResidentBytes: bytes }) => (bytes === undefined ? NOTHING : { text: formatBytes(bytes) }),
  },
  { title: 'STATE', cell: ({ state }) => ({ text: state, paint: STATE_PAINTS[state] }) },
];

/** The columns for these consumers, from left to right. */
export const columnsFor = (consumers: readonly ConsumerSnapshot[]): readonly Column<ConsumerSnapshot>[] =>
  COLUMNS.filter((column) => !('count' in column) || consumers.some((consumer) => column.count(consumer) > 0));

function occasional({
  paint,
  ...column
}: Pick<OccasionalColumn, 'title' | 'count'> & {
  readonly givesWay: number;
  readonly paint?: Paint;
}): OccasionalColumn {
  return {
    ...column,
    align: 'right',
    cell(consumer) {
      const cell = count(column.count(consumer));
      return { ...cell, paint: cell.paint ?? paint };
    },
  };
}
