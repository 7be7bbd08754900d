// One message as `hub tail` shows it: for people on a line that fits the terminal, or for programs as JSON.
import type { StoredMessage } from '@penstock/hub/control';
import { formatBytes } from '../table/format.js';
import type { Look } from '../table/look.js';
import { cyan, dim } from '../table/paint.js';
import { printable, widthOf } from '../table/text.js';
import { fullBody, preview, textOf } from './body.js';

/** The least that a preview gets where what stands before it fills the line. */
const LEAST_PREVIEW_WIDTH = 20;

const INDENT = '  ';

/** Without line end. */
export type RenderMessage = (message: StoredMessage) => string;

/**
 * A line with time, position, topic, id, size and the beginning of the body.
 *
 * @param today Messages of this day are shown without their date.
 */
export function messageLine(message: StoredMessage, look: Look, today = new Date()): string {
  const { head, width } = headOf(message, look, today);
  return `${head}  ${preview(message.body, Math.max(LEAST_PREVIEW_WIDTH, look.width - width - 2))}`;
}

/** The same head, and below it the headers and the whole body, on as many lines as it takes. */
export function fullMessage(message: StoredMessage, look: Look, today = new Date()): string {
  const headers = Object.entries(message.headers).map(
    ([name, value]) => `${dim(look.colours)(`${printable(name)}:`)} ${printable(value)}`,
  );
  const lines = [...headers, ...fullBody(message.body)].map((line) => `${INDENT}${line}`);
  return [headOf(message, look, today).head, ...lines].join('\n');
}

function headOf({ time, position, topic, id, body }: StoredMessage, { colours }: Look, today: Date) {
  const parts = [
    { text: timeText(new Date(time), today), paint: dim },
    { text: String(position), paint: undefined },
    { text: printable(topic), paint: cyan },
    { text: printable(id), paint: dim },
    { text: formatBytes(body.byteLength), paint: undefined },
  ];
  return {
    head: parts.map(({ text, paint }) => paint?.(colours)(text) ?? text).join('  '),
    width: widthOf(parts.map(({ text }) => text).join('  ')),
  };
}

/** `12:04:05.123`, with the date before it when it is not today's; local time. */
function timeText(time: Date, today: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
  const text = `${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`;
  if (time.toDateString() === today.toDateString()) return text;
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${text}`;
}

/** One JSON object; a body that is no UTF-8 text is in base64, and says so. */
export function messageJson({ position, time, topic, id, headers, body }: StoredMessage): string {
  const text = textOf(body);
  return JSON.stringify({
    position,
    time: new Date(time).toISOString(),
    topic,
    id,
    headers,
    ...(text === undefined ? { body: Buffer.from(body).toString('base64'), base64: true } : { body: text }),
  });
}
