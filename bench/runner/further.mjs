// The figures below a row: what was measured beside its figure, with the reference's, and whether it keeps its bound.

/**
 * @typedef {import('./scenario.mjs').Further & {
 *   value: number, reference: number, over: number, each: number, met: boolean | null
 * }} FurtherResult
 *   `over`: value − reference; `each`: that for each of the row's consumers; `met`: null without a bound
 */

/**
 * @param {import('./scenario.mjs').Further[]} further
 * @param {Record<string, { value: number, reference: number }>} also medians by name
 * @param {number} consumers
 * @returns {FurtherResult[]} without those that were not measured on this machine
 */
export function furtherResults(further, also, consumers) {
  return further.flatMap((each) => {
    const { value, reference } = also[each.of] ?? {};
    if (!Number.isFinite(value) || !Number.isFinite(reference)) return [];
    const over = value - reference;
    const met = each.overReference === undefined ? null : over <= each.overReference;
    return [{ ...each, value, reference, over, each: over / consumers, met }];
  });
}

/**
 * One line of text.
 *
 * @param {FurtherResult} result
 */
export function describeFurther({ label, unit, show, value, reference, over, each, met, overReference }) {
  const signed = (/** @type {number} */ number) => `${number < 0 ? '' : '+'}${amount(number)}`;
  const mark = met === null ? '·' : met ? '✓' : '✗';
  if (show === 'perConsumer') return `  ${mark} ${label} ${signed(each)} ${unit} for each consumer`;
  if (overReference !== undefined) {
    return `  ${mark} ${label} ${signed(over)} ${unit} over the reference's (≤ +${overReference})`;
  }
  return `  ${mark} ${label} ${amount(value)} ${unit}, the reference's ${amount(reference)}`;
}

/** @param {number} number */
const amount = (number) => number.toFixed(Math.abs(number) < 10 ? 2 : 1);
