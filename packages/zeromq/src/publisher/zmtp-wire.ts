// The bytes of ZMTP 3.1 (ZeroMQ RFC 37), as far as a publisher needs them: greeting, commands, and the heads of
// frames. Why publishers speak it themselves and not through zeromq.js is in docs/decisions/0012-publishers.md.

/** The first bits of a frame. */
export const Flag = { MORE: 1, LONG: 2, COMMAND: 4 } as const;

export const GREETING_BYTES = 64;

/** The longest body whose length fits into one byte. */
const MOST_SHORT_BYTES = 255;

/** What of a peer's own words goes into a log line, in characters. */
const MOST_QUOTED = 64;

/** What is wrong with what a peer sent, in words for the log. */
export class ZmtpError extends Error {
  override readonly name = 'ZmtpError';
}

/** A peer's own words for a log line: cut, and without what a terminal would take for a command. */
export const quoted = (text: string): string => text.slice(0, MOST_QUOTED).replace(/[^ -~]/g, '?');

/** What each side says first. */
export function greeting(mechanism: string, asServer: boolean): Buffer {
  const bytes = Buffer.alloc(GREETING_BYTES);
  bytes[0] = 0xff;
  bytes[9] = 0x7f;
  bytes[10] = 3;
  bytes[11] = 1;
  bytes.write(mechanism, 12, 'latin1');
  bytes[32] = asServer ? 1 : 0;
  return bytes;
}

/**
 * Looks at as much of a peer's greeting as has come: what speaks another protocol often waits for an answer before it
 * has sent as many bytes as a greeting has.
 *
 * @throws ZmtpError when it is no greeting, or of a version that has no commands.
 */
export function checkGreeting(bytes: Buffer): void {
  if ((bytes[0] ?? 0xff) !== 0xff || ((bytes[9] ?? 1) & 1) !== 1)
    throw new ZmtpError('it does not greet as ZeroMQ does');
  if ((bytes[10] ?? 3) < 3) throw new ZmtpError('it speaks ZMTP 2 or older; ZeroMQ 4 or newer is needed');
}

/** The security mechanism that a peer's greeting names. */
export const mechanismOf = (greeting: Buffer): string => greeting.toString('latin1', 12, 32).replace(/\0+$/, '');

/** Where the body of a frame begins, counted from its head. */
export const headBytes = (bodyBytes: number): number => (bodyBytes > MOST_SHORT_BYTES ? 9 : 2);

/** Writes the head of a frame; returns where its body begins. */
export function writeHead(into: Buffer, at: number, flags: number, bodyBytes: number): number {
  if (bodyBytes > MOST_SHORT_BYTES) {
    into[at] = flags | Flag.LONG;
    into.writeBigUInt64BE(BigInt(bodyBytes), at + 1);
    return at + 9;
  }
  into[at] = flags;
  into[at + 1] = bodyBytes;
  return at + 2;
}

/** The body of a command's frame. */
export function commandBody(name: string, data: Uint8Array = Buffer.alloc(0)): Buffer {
  const body = Buffer.alloc(1 + name.length + data.length);
  body[0] = name.length;
  body.write(name, 1, 'latin1');
  body.set(data, 1 + name.length);
  return body;
}

/** A command as a whole frame. */
export function command(name: string, data?: Uint8Array): Buffer {
  const body = commandBody(name, data);
  const bytes = Buffer.alloc(headBytes(body.length) + body.length);
  body.copy(bytes, writeHead(bytes, 0, Flag.COMMAND, body.length));
  return bytes;
}

/** The name of a command and what comes after it. */
export function parseCommand(body: Buffer): { name: string; data: Buffer } {
  const length = body[0] ?? 0;
  if (length === 0 || body.length < 1 + length) throw new ZmtpError('it sent a command without a name');
  return { name: body.toString('latin1', 1, 1 + length), data: body.subarray(1 + length) };
}

/** Why a peer refused the connection, out of an ERROR command. */
export const refusal = (data: Buffer): ZmtpError =>
  new ZmtpError(`it refused the connection: ${quoted(data.toString('latin1', 1)) || 'no reason'}`);

/** What a READY command says of its sender. */
export function properties(values: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(values).map(([name, value]) => {
    const bytes = Buffer.alloc(1 + name.length + 4 + value.length);
    bytes[0] = name.length;
    bytes.write(name, 1, 'latin1');
    bytes.writeUInt32BE(value.length, 1 + name.length);
    bytes.write(value, 5 + name.length, 'latin1');
    return bytes;
  });
  return Buffer.concat(parts);
}

/** The same read again, names in lower case, since RFC 37 has them compared so. */
export function parseProperties(data: Buffer): Map<string, string> {
  const found = new Map<string, string>();
  for (let at = 0; at < data.length; ) {
    const valueAt = at + 1 + (data[at] as number) + 4;
    if (valueAt > data.length) throw new ZmtpError('its READY command is cut off');
    const valueBytes = data.readUInt32BE(valueAt - 4);
    if (valueAt + valueBytes > data.length) throw new ZmtpError('its READY command is cut off');
    const name = data.toString('latin1', at + 1, valueAt - 4).toLowerCase();
    found.set(name, data.toString('latin1', valueAt, valueAt + valueBytes));
    at = valueAt + valueBytes;
  }
  return found;
}
