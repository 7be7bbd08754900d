// Counts that are told apart by reason, as one piece of text.
import { formatCount } from '../table/format.js';

/** `12 rejected (frames 10, topic 2)` */
export function byReason(what: string, total: Readonly<Record<string, number>>): string {
  const reasons = Object.entries(total).filter(([, times]) => times > 0);
  const why = reasons.map(([reason, times]) => `${reason} ${formatCount(times)}`).join(', ');
  return `${formatCount(sumOf(total))} ${what}${why === '' ? '' : ` (${why})`}`;
}

export const sumOf = (total: Readonly<Record<string, number>>): number =>
  Object.values(total).reduce((sum, times) => sum + times, 0);
