// How a torture run looks: a line a fault, with what was done and what came of it.
import type { Standing } from '@penstock/torture';
import { formatCount } from '../table/format.js';
import type { Look } from '../table/look.js';
import { dim, green, red, yellow } from '../table/paint.js';
import { type Cell, type Column, NOTHING, renderTable } from '../table/table.js';

const counted = (title: string, of: (standing: Standing) => number): Column<Standing> => ({
  title,
  align: 'right',
  cell: (standing) => (standing.cycles === 0 ? NOTHING : formatCount(of(standing))),
});

/** What must be none. */
const lost: Column<Standing> = {
  title: 'lost',
  align: 'right',
  cell(standing) {
    if (standing.cycles === 0) return NOTHING;
    return { text: formatCount(standing.lost), paint: standing.lost === 0 ? undefined : red };
  },
};

const COLUMNS: readonly Column<Standing>[] = [
  { title: 'fault', cell: ({ fault }) => fault },
  counted('cycles', ({ cycles }) => cycles),
  counted('accepted', ({ accepted }) => accepted),
  { ...counted('delivered', ({ delivered }) => delivered), givesWay: 2 },
  lost,
  counted('duplicated', ({ duplicated }) => duplicated),
  { ...counted('dead letters', ({ deadLettered }) => deadLettered), givesWay: 1 },
  { title: 'result', cell: resultOf, shrinksTo: 12 },
];

/** The table; figures of a round come when it is over. */
export const renderStandings = (standings: readonly Standing[], look: Look): string[] =>
  renderTable(standings, COLUMNS, look);

/** The same of one fault in words, for a log. */
export function standingLine(standing: Standing): string {
  const { fault, cycles, accepted, lost: lostCount, duplicated } = standing;
  const cycled = cycles === 1 ? '1 cycle' : `${formatCount(cycles)} cycles`;
  const counts = [cycled, `${formatCount(accepted)} accepted`, `${formatCount(lostCount)} lost`];
  return `${fault}: ${counts.join(', ')}, ${formatCount(duplicated)} duplicated: ${resultOf(standing).text}`;
}

function resultOf({ state, missing, problems }: Standing): Cell {
  if (problems.length > 0) {
    return { text: problems.length === 1 ? '1 problem' : `${formatCount(problems.length)} problems`, paint: red };
  }
  switch (state) {
    case 'skipped':
      return { text: `skipped: ${missing}`, paint: yellow };
    case 'waiting':
      return { text: 'waiting', paint: dim };
    case 'running':
      return { text: 'running', paint: dim };
    case 'done':
      return { text: 'ok', paint: green };
  }
}
