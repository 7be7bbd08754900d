// A thread that blocks its event loop, in words: the same in the log, in errors, on `/readyz` and in `hub status`.
import type { StalledThread } from './snapshot.js';

/** `thread 0 has not let its event loop turn for 12.3 s, with "a.b" at position 7` */
export function stallText(stall: StalledThread): string {
  return `thread ${stall.threadIndex} has not let its event loop turn for ${seconds(stall.forMs)}${withMessage(stall)}`;
}

/** `, with "a.b" at position 7`; empty when it was at no message. */
export function withMessage({ position, topic }: Pick<StalledThread, 'position' | 'topic'>): string {
  if (position === undefined) return '';
  return `, with ${topic === undefined ? 'the message' : JSON.stringify(topic)} at position ${position}`;
}

/** `12.3 s` */
export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
