// A queue in detail as text: some lines on where it stands, a table of the segments that stay because of it, and one of
// the first messages that wait in it.
import { countedLetters, type EntryPlace, type KeptSegment, type QueueDetail } from '@penstock/hub/control';
import { STATE_PAINTS } from '../status/columns.js';
import { formatBytes, formatCount, formatDuration } from '../table/format.js';
import type { Look, Paint } from '../table/look.js';
import { bold, red } from '../table/paint.js';
import { type Column, renderTable } from '../table/table.js';
import { block, cut, printable } from '../table/text.js';
import { preview } from '../tail/body.js';

/** A queue that is far behind keeps thousands. */
const MOST_SEGMENTS = 8;

const SEGMENTS: readonly Column<KeptSegment>[] = [
  { title: 'KEPT SEGMENT', cell: ({ name }) => name },
  { title: 'BYTES', align: 'right', cell: ({ bytes }) => formatBytes(bytes) },
  {
    title: 'UNSETTLED IN IT',
    align: 'right',
    cell: ({ unsettled }) => (unsettled === 0 ? 'referred to by later ones' : formatCount(unsettled)),
  },
];

const MESSAGES: readonly Column<QueueDetail['messages'][number]>[] = [
  {
    title: 'POSITION',
    align: 'right',
    cell: ({ position }) => (Number.isFinite(position) ? String(position) : '-'),
  },
  { title: 'TIME', givesWay: 1, cell: (message) => ('problem' in message ? '-' : timeText(message.time)) },
  { title: 'TOPIC', shrinksTo: 12, cell: (message) => ('problem' in message ? '-' : message.topic) },
  { title: 'ID', shrinksTo: 8, givesWay: 2, cell: (message) => ('problem' in message ? '-' : message.id) },
  {
    title: 'BYTES',
    align: 'right',
    givesWay: 3,
    cell: (message) => ('problem' in message ? '-' : formatCount(message.bodyBytes)),
  },
  {
    title: 'BODY',
    shrinksTo: 16,
    cell: (message) =>
      'problem' in message
        ? { text: `cannot be read: ${message.problem}`, paint: red }
        : preview(message.preview, BODY_LENGTH),
  },
];

/** The titles of the lines above the tables, with what is between them and their texts. */
const TITLE_LENGTH = 10;

/** Most characters of a body on a line where nothing else limits it. */
const BODY_LENGTH = 80;

/** Renders a queue as lines without a line end after the last. */
export function renderQueue(queue: QueueDetail, look: Look): string {
  const { segments, messages, backlog } = queue;
  const fit = (line: string) => cut(line, look.width);
  const left = segments.length - MOST_SEGMENTS;
  const more = left > 0 ? [`and ${formatCount(left)} more segments`] : [];
  return [
    ...facts(queue, look),
    ...block(segments.length === 0 ? [] : [...renderTable(segments.slice(0, MOST_SEGMENTS), SEGMENTS, look), ...more]),
    ...block(messages.length === 0 ? [] : renderTable(messages, MESSAGES, look)),
    ...(messages.length > 0 && backlog > messages.length
      ? [fit(`and ${formatCount(backlog - messages.length)} more messages`)]
      : []),
  ].join('\n');
}

function facts(queue: QueueDetail, { colours, width }: Look): string[] {
  const { name, number, state, problem, added, topics, threads, logs } = queue;
  const running = Object.values(threads).reduce((sum, each) => sum + each, 0);
  const kept = queue.segments.reduce((sum, { bytes }) => sum + bytes, 0);
  const logBytes = logs.reduce((sum, { bytes }) => sum + bytes, 0);
  const lines: [title: string, text: string, paint?: Paint][] = [
    ['queue', `${name}, number ${number}, since ${added}`, bold],
    ['state', problem === undefined ? state : `${state}: ${problem}`, STATE_PAINTS[state]],
    ['topics', topics === undefined ? 'not known' : topics.join(' ')],
    ['threads', running === 0 ? 'none' : `${threads.running} of ${running} running, ${queue.inFlight} in flight`],
    ['backlog', backlogText(queue)],
    ['dead', deadText(queue)],
    ['oldest', placeText(queue.oldest, queue.oldestMessageAgeSeconds)],
    ['newest', placeText(queue.newest, undefined)],
    [
      'files',
      `${formatBytes(queue.diskBytes)}: ${counted(queue.indexFiles, 'index file')}, ${counted(logs.length, 'settle log')} (${formatBytes(logBytes)})`,
    ],
    [
      'keeps',
      queue.segments.length === 0
        ? 'nothing of the journal'
        : `${counted(queue.segments.length, 'segment')} of the journal, ${formatBytes(kept)}`,
    ],
  ];
  return lines.map(([title, text, paint]) => {
    const fitting = cut(printable(text), width - TITLE_LENGTH);
    return `${title.padEnd(TITLE_LENGTH)}${paint === undefined ? fitting : paint(colours)(fitting)}`;
  });
}

const backlogText = ({ backlog, backlogBytes, enqueued }: QueueDetail): string =>
  `${formatCount(backlog)} of the ${formatCount(enqueued)} ever put into it, ${formatBytes(backlogBytes)}`;

const deadText = ({ name, deadLetters, deadLetterBytes }: QueueDetail): string =>
  deadLetters === 0
    ? 'no dead letters'
    : `${countedLetters(deadLetters)}, ${formatBytes(deadLetterBytes)}; "hub dlq ls ${name}" lists them`;

function placeText(place: EntryPlace | undefined, ageSeconds: number | undefined): string {
  if (place === undefined || !Number.isFinite(place.position)) return '-';
  const when = place.time === undefined ? '' : `, ${timeText(place.time)}`;
  const ago = ageSeconds === undefined ? '' : `, ${formatDuration(ageSeconds)} ago`;
  return `position ${place.position}${when}${ago}`;
}

const timeText = (time: number): string => new Date(time).toISOString();

const counted = (count: number, what: string): string => `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`;
