// The columns of the status table: what each shows of a consumer, and which give way where the terminal is narrow.
import type { ConsumerSnapshot, ConsumerState } from '@penstock/hub';
import { formatCount, formatDuration, formatRate } from '../table/format.js';
import type { Paint } from '../table/look.js';
import { bold, dim, green, red, yellow } from '../table/paint.js';
import { type Cell, type Column, NOTHING } from '../table/table.js';

/** The colour of each state, the same in every table. */
export const STATE_PAINTS: Readonly<Record<ConsumerState, Paint>> = {
  running: green,
  starting: yellow,
  failed: red,
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

export const COLUMNS: readonly Column<ConsumerSnapshot>[] = [
  { title: 'CONSUMER', shrinksTo: 8, cell: ({ consumer }) => ({ text: consumer }) },
  {
    title: 'BACKLOG',
    align: 'right',
    cell: ({ backlog }) => ({ text: formatCount(backlog), paint: backlog === 0 ? dim : bold }),
  },
  { title: 'IN FLIGHT', align: 'right', givesWay: 3, cell: ({ inFlight }) => count(inFlight) },
  {
    title: 'OLDEST',
    align: 'right',
    givesWay: 1,
    cell: ({ backlog, oldestMessageAgeSeconds: age }) => (backlog === 0 ? NOTHING : { text: formatDuration(age) }),
  },
  { title: 'IN/S', align: 'right', givesWay: 4, cell: ({ arrivalsPerSecond }) => rate(arrivalsPerSecond) },
  { title: 'OUT/S', align: 'right', givesWay: 5, cell: ({ settledPerSecond }) => rate(settledPerSecond) },
  {
    title: 'CATCH-UP',
    align: 'right',
    givesWay: 2,
    cell: ({ backlog, catchUpSeconds: seconds }) => {
      if (backlog === 0) return NOTHING;
      return { text: formatDuration(seconds), paint: seconds === Number.POSITIVE_INFINITY ? yellow : undefined };
    },
  },
  { title: 'THREADS', align: 'right', givesWay: 6, cell: threads },
  { title: 'STATE', cell: ({ state }) => ({ text: state, paint: STATE_PAINTS[state] }) },
];
