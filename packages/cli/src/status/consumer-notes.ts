// What is as somebody wanted it with a consumer, but may surprise whoever looks: a line for each.
import type { ConsumerSnapshot } from '@penstock/hub';
import { formatCount, formatDuration } from '../table/format.js';
import { byReason, sumOf } from './reasons.js';

/**
 * Lines on one consumer; none when there is nothing to say.
 *
 * @param now In milliseconds since 1970.
 */
export function notesOn(snapshot: ConsumerSnapshot, now: number): string[] {
  const lines = [
    whyNothingIsDelivered(snapshot, now),
    stallsText(snapshot),
    deadLettersText(snapshot),
    dropsText(snapshot),
  ];
  return lines.filter((line) => line !== undefined).map((line) => `${snapshot.consumer}: ${line}`);
}

function whyNothingIsDelivered({ consumer, state, paused }: ConsumerSnapshot, now: number): string | undefined {
  if (state === 'not-run') return 'left out by --only; its queue fills';
  if (state === 'removed')
    return `no longer in the config; its queue is kept and fills no further; "hub queue rm ${consumer}" removes it`;
  if (paused === undefined) return undefined;
  const reason = paused.reason === undefined ? '' : ` (${paused.reason})`;
  const forSeconds = Math.max(0, now - Date.parse(paused.since)) / 1000;
  // What to do stands before the reason, which may be long: a terminal cuts the end of the line.
  return `paused for ${formatDuration(forSeconds)}, until "hub resume ${consumer}"${reason}`;
}

/** Those of this moment are reasons why the hub is not ready, and stand there. */
function stallsText({ stallsTotal, stallsKilledTotal }: ConsumerSnapshot): string | undefined {
  if (stallsTotal === 0) return undefined;
  const ended = stallsKilledTotal === 0 ? '' : `, and were ended for it ${times(stallsKilledTotal)}`;
  return `its threads have stalled ${times(stallsTotal)}${ended}`;
}

const times = (count: number): string => (count === 1 ? 'once' : `${formatCount(count)} times`);

function deadLettersText({ consumer, deadLetters }: ConsumerSnapshot): string | undefined {
  if (deadLetters === 0) return undefined;
  const kept = deadLetters === 1 ? '1 dead letter is kept' : `${formatCount(deadLetters)} dead letters are kept`;
  return `${kept}; "hub dlq ls ${consumer}" shows them`;
}

function dropsText({ droppedTotal: { consumer, queueFull } }: ConsumerSnapshot): string | undefined {
  const byWhom = { 'by itself': consumer, 'queue full': queueFull };
  return sumOf(byWhom) === 0 ? undefined : byReason('dropped', byWhom);
}
