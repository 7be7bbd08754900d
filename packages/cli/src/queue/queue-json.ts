// A queue in detail as one plain object for programs: times as ISO 8601, and bodies as text or base64.
import type { EntryPlace, QueueDetail } from '@penstock/hub/control';
import { textOf } from '../tail/body.js';

/** @returns What `hub queue show --json` prints. */
export function queueJson({ oldest, newest, messages, ...queue }: QueueDetail, dataDir: string): object {
  return {
    dataDir,
    ...queue,
    oldest: placeJson(oldest),
    newest: placeJson(newest),
    messages: messages.map(messageJson),
  };
}

const placeJson = (place: EntryPlace | undefined): object | null =>
  place === undefined ? null : { ...place, time: place.time === undefined ? null : new Date(place.time).toISOString() };

function messageJson(message: QueueDetail['messages'][number]): object {
  if ('problem' in message) return message;
  const { time, preview, ...rest } = message;
  const text = textOf(preview);
  return {
    ...rest,
    time: new Date(time).toISOString(),
    // As `hub tail --json` has it; of a long one only the beginning, which `bodyBytes` tells.
    ...(text === undefined ? { body: Buffer.from(preview).toString('base64'), base64: true } : { body: text }),
  };
}
