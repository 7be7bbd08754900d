// A connection of somebody who means no good: says what it has to say, perhaps not all of it, and goes or is thrown out.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../random.js';

/** What is sent over one connection. */
export interface Stream {
  readonly chunks: readonly Buffer[];
  /** How many frames or requests they are. */
  readonly frames: number;
}

/** How long it stays when all is said, at most, in milliseconds. */
const MOST_STAY_MS = 40;

/** Nobody is talked to for longer, whether or not all is said. */
const MOST_MS = 2_000;

/**
 * @param path Of the socket. That nobody listens there is no concern of a stranger's.
 * @returns How many frames were sent, or begun, before it was thrown out.
 */
export async function sendAndLeave(path: string, { chunks, frames }: Stream, random: Random): Promise<number> {
  const stayMs = random.between(0, MOST_STAY_MS);
  const socket = connect(path);
  // What is answered is read and forgotten: nobody is to wait for room.
  socket.resume();
  const gone = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    socket.on('error', () => {});
  });
  const told = new Promise<void>((resolve) => {
    for (const [at, chunk] of chunks.entries())
      socket.write(chunk, at === chunks.length - 1 ? () => resolve() : undefined);
    if (chunks.length === 0) socket.once('connect', () => resolve());
  });
  const late = new AbortController();
  await Promise.race([
    gone,
    told.then(() => sleep(stayMs)),
    sleep(MOST_MS, undefined, { signal: late.signal }).catch(() => {}),
  ]);
  late.abort();
  socket.destroy();
  await gone;
  return frames;
}
