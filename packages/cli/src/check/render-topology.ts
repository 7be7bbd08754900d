// What a hub would be, as text: a few lines on the hub, a table of its sources and one of its consumers, and a line
// for each warning.
import type { Topology, TopologyConsumer, TopologySource } from '@penstock/hub';
import type { Look } from '../table/look.js';
import { type Column, renderTable } from '../table/table.js';
import { block, cut, printable } from '../table/text.js';
import { deliveryTexts } from './delivery-text.js';

const SOURCES: readonly Column<TopologySource>[] = [
  { title: 'SOURCE', shrinksTo: 8, cell: ({ source }) => source },
  { title: 'LISTENS TO', shrinksTo: 20, cell: ({ description }) => description },
];

const CONSUMERS: readonly Column<TopologyConsumer>[] = [
  { title: 'CONSUMER', shrinksTo: 8, cell: ({ consumer }) => consumer },
  { title: 'MODULE', shrinksTo: 12, givesWay: 1, cell: ({ module }) => module },
  { title: 'CLASS', givesWay: 3, cell: ({ className }) => className || '(no name)' },
  { title: 'TOPICS', shrinksTo: 12, cell: ({ topics }) => topics.join(' ') },
  { title: 'THREADS', align: 'right', cell: ({ threads }) => String(threads) },
  { title: 'CONCURRENCY', align: 'right', givesWay: 2, cell: ({ concurrency }) => String(concurrency) },
  {
    title: 'STARTS FROM',
    givesWay: 4,
    cell: ({ startFrom }) => startText(startFrom),
  },
];

/**
 * Renders a topology as lines without a line end after the last.
 *
 * @param where How messages name the config file.
 */
export function renderTopology(topology: Topology, where: string, look: Look): string {
  const { sources, consumers, warnings } = topology;
  const { colours, width } = look;
  const fit = (line: string) => cut(printable(line), width);
  return [
    `config    ${where}, ${colours.green('in order')}`,
    fit(`data      ${dataText(topology)}`),
    fit(`metrics   ${httpText(topology.http)}`),
    ...block(sources.length === 0 ? ['no sources'] : renderTable(sources, SOURCES, look)),
    ...block(consumers.length === 0 ? ['no consumers'] : renderTable(consumers, CONSUMERS, look)),
    // From here on nothing is cut: it is there to be read.
    ...block(consumers.flatMap(deliveryLine)),
    ...block(warnings.map((warning) => `${colours.yellow('warning')}: ${printable(warning)}`)),
  ].join('\n');
}

function startText(startFrom: TopologyConsumer['startFrom']): string {
  if (typeof startFrom === 'string') return startFrom;
  return 'position' in startFrom ? `position ${startFrom.position}` : startFrom.time;
}

/** A line on a consumer that is not delivered to as all are. */
function deliveryLine(consumer: TopologyConsumer): string[] {
  const texts = deliveryTexts(consumer);
  return texts.length === 0 ? [] : [`${printable(consumer.consumer)}: ${printable(texts.join('; '))}`];
}

const dataText = ({ dataDir }: Topology): string =>
  dataDir === undefined ? 'a temporary directory (ephemeral)' : `${dataDir} (durable)`;

function httpText(http: Topology['http']): string {
  if (http === false) return 'not served';
  if (http.port === 0) return `on a free port of ${http.host}`;
  return `http://${http.host.includes(':') ? `[${http.host}]` : http.host}:${http.port}/metrics`;
}
