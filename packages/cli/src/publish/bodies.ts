// The bodies to be published: the same one any number of times, what standard input holds, or each of its lines.
// They come in groups, as many as are there at a time, so that many are sent at once and none has to wait for others.
import { UsageError } from '../failure.js';

/** What is read: standard input, in pieces as they come. */
export type Bytes = AsyncIterable<Buffer>;

/** Bodies in order, in groups of one at least. */
export type Bodies = AsyncIterable<readonly Uint8Array[]>;

/** The largest body that any hub takes, by the limits of its option maxMessageBytes. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;

const LINE_END = 0x0a;

/** The same body again and again, in groups of `group`. */
export async function* repeated(body: Uint8Array, count: number, group: number): AsyncGenerator<readonly Uint8Array[]> {
  const whole = new Array<Uint8Array>(Math.min(group, count)).fill(body);
  for (let left = count; left > 0; left -= whole.length) yield left < whole.length ? whole.slice(0, left) : whole;
}

/** All that a stream holds, as one body. */
export async function whole(input: Bytes): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw tooLarge('standard input holds');
  }
  return Buffer.concat(chunks);
}

/** Each line without its line feed, as bytes; those that came together as one group. A last line may lack its end. */
export async function* lines(input: Bytes): AsyncGenerator<readonly Uint8Array[]> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const chunk of input) {
    const group: Uint8Array[] = [];
    let from = 0;
    for (let end = chunk.indexOf(LINE_END); end !== -1; end = chunk.indexOf(LINE_END, from)) {
      group.push(Buffer.concat([...begun, chunk.subarray(from, end)]));
      begun = [];
      begunBytes = 0;
      from = end + 1;
    }
    if (from < chunk.byteLength) begun.push(chunk.subarray(from));
    begunBytes += chunk.byteLength - from;
    if (begunBytes > MAX_BODY_BYTES) throw tooLarge('a line of standard input has');
    if (group.length > 0) yield group;
  }
  if (begunBytes > 0) yield [Buffer.concat(begun)];
}

const tooLarge = (what: string): UsageError =>
  new UsageError(`${what} more than ${MAX_BODY_BYTES} bytes, which no hub takes as one message`);

/** Standard input up to its end, or to where `signal` ends it. */
export async function* standardInput(signal: AbortSignal): AsyncGenerator<Buffer, void> {
  const stop = () => process.stdin.destroy();
  signal.addEventListener('abort', stop);
  try {
    yield* process.stdin as AsyncIterable<Buffer>;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
