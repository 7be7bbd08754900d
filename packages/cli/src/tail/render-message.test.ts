import type { StoredMessage } from '@penstock/hub/control';
import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { PLAIN } from '../table/look.js';
import { fullMessage, messageJson, messageLine } from './render-message.js';

const TAKEN = new Date(2026, 0, 31, 12, 4, 5, 6);

function message(body: string | Uint8Array, fields: Partial<StoredMessage> = {}): StoredMessage {
  return {
    id: 'h1-42',
    position: 42,
    topic: 'a.b',
    headers: {},
    body: Buffer.from(body as string),
    time: TAKEN.getTime(),
    text: () => '',
    json: () => undefined as never,
    ...fields,
  };
}

const HEAD = '12:04:05.006  42  a.b  h1-42';
const line = (body: string | Uint8Array, width = Number.POSITIVE_INFINITY) =>
  messageLine(message(body), { ...PLAIN, width }, TAKEN);

describe('a message on a line', () => {
  it('has time, position, topic, id, size, and the body', () => {
    expect(line('hello')).toBe(`${HEAD}  5 B  hello`);
    expect(line('')).toBe(`${HEAD}  0 B  `);
  });

  it('has its date where that is not today', () => {
    expect(messageLine(message('x'), PLAIN, new Date(2026, 1, 1))).toMatch(/^2026-01-31 12:04:05\.006 {2}42/);
  });

  it('shows JSON without its line ends, and text with its line ends written out', () => {
    expect(line('{\n  "a": [1,\n 2]\n}')).toBe(`${HEAD}  18 B  {"a":[1,2]}`);
    expect(line('{ not json\n')).toBe(`${HEAD}  11 B  { not json\\n`);
    expect(line('12')).toBe(`${HEAD}  2 B  12`);
  });

  it('shows bytes that are no text in hex', () => {
    expect(line(Uint8Array.of(0, 255, 16))).toBe(`${HEAD}  3 B  0x00ff10`);
    expect(line('a\0b')).toBe(`${HEAD}  3 B  0x610062`);
  });

  it('is cut to the terminal, but for a least of the body', () => {
    expect(line('x'.repeat(500), 60)).toHaveLength(60);
    expect(line(Buffer.alloc(500, 255), 60)).toHaveLength(60);
    expect(line('x'.repeat(500), 60)).toMatch(/x…$/);
    expect(line('x'.repeat(500), 10)).toMatch(/ {2}x{19}…$/);
  });

  it('cannot steer the terminal, by whichever of its parts', () => {
    const evil = '\x1b[2J\x07';
    const shown = messageLine(message(evil, { topic: evil, id: evil, headers: { [evil]: evil } }), PLAIN, TAKEN);
    const full = fullMessage(message(`x\n${evil}`, { headers: { [evil]: evil } }), PLAIN, TAKEN);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(`${shown}${full.replaceAll('\n', '')}`).not.toMatch(/[\x00-\x1f\x7f]/);
  });

  it('has colours where the terminal has', () => {
    const look = { colours: picocolors.createColors(true), width: 60 };
    const coloured = messageLine(message('x'.repeat(500)), look, TAKEN);
    expect(coloured).toContain('\x1b[');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken away
    expect(coloured.replaceAll(/\x1b\[\d+m/g, '')).toBe(line('x'.repeat(500), 60));
  });
});

describe('a message in full', () => {
  const full = (body: string | Uint8Array) => fullMessage(message(body, { headers: { k: 'v' } }), PLAIN, TAKEN);

  it('has headers and body below its line: JSON indented, text line by line', () => {
    expect(full('{"a":1}').split('\n').slice(1)).toEqual(['  k: v', '  {', '    "a": 1', '  }']);
    expect(full('one\ntwo').split('\n').slice(1)).toEqual(['  k: v', '  one', '  two']);
  });

  it('has bytes with offset, hex and ASCII', () => {
    const [, , first, second] = full(Uint8Array.from([...Buffer.from('0123456789abcdef'), 0, 65])).split('\n');
    expect(first).toBe('  00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef');
    expect(second).toBe(`  00000010  00 41${' '.repeat(42)}  .A`);
  });
});

describe('a message as JSON', () => {
  it('has its body as text', () => {
    expect(JSON.parse(messageJson(message('ü\n', { headers: { k: 'v' } })))).toEqual({
      position: 42,
      time: TAKEN.toISOString(),
      topic: 'a.b',
      id: 'h1-42',
      headers: { k: 'v' },
      body: 'ü\n',
    });
  });

  it('has a body that is no text in base64, and says so', () => {
    expect(JSON.parse(messageJson(message(Uint8Array.of(255, 0))))).toMatchObject({ body: '/wA=', base64: true });
  });
});
