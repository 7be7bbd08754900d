// What a message's body is and how it is shown: JSON and other text as text, anything else as bytes in hex.
import { isUtf8 } from 'node:buffer';
import { cut, printable } from '../table/text.js';

/** A larger body is shown as the text that it is, for parsing it would take longer than a look at it is worth. */
const MAX_PARSED_BYTES = 64 * 1024;

/** Bytes of a preview's beginning that are looked at for each character shown; none takes more in UTF-8. */
const BYTES_PER_CHARACTER = 4;

const HEX_BYTES_PER_LINE = 16;

/** The body as text; undefined when it is no UTF-8, or has NUL in it, which text has not. */
export function textOf(body: Uint8Array): string | undefined {
  return isUtf8(body) && !body.includes(0)
    ? Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()
    : undefined;
}

/** The body on one line of at most so many characters. */
export function preview(body: Uint8Array, width: number): string {
  const most = width * BYTES_PER_CHARACTER;
  const json = body.byteLength <= MAX_PARSED_BYTES ? jsonOf(body) : undefined;
  if (json !== undefined) return cut(printable(JSON.stringify(json)), width);
  const text = textOf(body);
  if (text !== undefined) return cut(printable(text.slice(0, most)), width);
  const shown = body.subarray(0, Math.min(most, MAX_PARSED_BYTES));
  const hex = `0x${Buffer.from(shown).toString('hex')}`;
  return cut(shown.byteLength < body.byteLength ? `${hex}…` : hex, width);
}

/** The whole body on lines of its own: JSON indented, text as it stands, bytes as offset, hex and ASCII. */
export function fullBody(body: Uint8Array): string[] {
  const json = jsonOf(body);
  if (json !== undefined) return JSON.stringify(json, undefined, 2).split('\n').map(printable);
  const text = textOf(body);
  return text === undefined ? hexDump(body) : text.split(/\r?\n/).map(printable);
}

/** The value of a body that is a JSON object or list; of `12` or `"text"` the text says all. */
function jsonOf(body: Uint8Array): object | undefined {
  const text = textOf(body);
  if (text === undefined || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

function hexDump(body: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < body.byteLength; at += HEX_BYTES_PER_LINE) {
    const bytes = [...body.subarray(at, at + HEX_BYTES_PER_LINE)];
    const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const ascii = bytes.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(HEX_BYTES_PER_LINE * 3 - 1)}  ${ascii}`);
  }
  return lines;
}
