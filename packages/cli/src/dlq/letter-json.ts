// A dead letter as one plain object for programs, on a line: times as ISO 8601, and the message as `hub tail --json` has it.
import { reasonName, type ShownLetter, type UnreadableLetter } from '@penstock/hub/control';
import { messageJson } from '../tail/render-message.js';

/** @returns What `hub dlq ls --json` and `hub dlq show --json` print of a letter. */
export function letterJson(letter: ShownLetter | UnreadableLetter): string {
  if ('problem' in letter) return JSON.stringify({ id: letter.ordinal, problem: letter.problem });
  const { ordinal, reason, text, error, attempts, firstAt, lastAt, message } = letter;
  return JSON.stringify({
    id: ordinal,
    reason: { kind: reasonName(reason), text },
    error: error ?? null,
    attempts,
    firstAt: isoTime(firstAt),
    lastAt: isoTime(lastAt),
    message: JSON.parse(messageJson(message)),
  });
}

/** What a newer Penstock wrote, or damage, can be no time. */
export function isoTime(time: number): string | null {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
