// Measures one row: pairs of figure and reference, taken in turn, so that whatever else the machine does meets
// both alike; and makes medians of them.
import { keepsBounds } from './bounds.mjs';
import { furtherResults } from './further.mjs';
import { runTask } from './measurement.mjs';

/** How long one measurement may take, in milliseconds, unless the scenario says otherwise. */
const TIMEOUT_MS = 120_000;
const PREPARE_FACTOR = 5;

/**
 * @typedef {object} RowResult
 * @property {string} scenario
 * @property {number} consumers
 * @property {string} [variant]
 * @property {string} unit
 * @property {'higher' | 'lower'} better
 * @property {number} pairs how many were measured
 * @property {number | null} value median of the figures
 * @property {number | null} reference median of the references
 * @property {number | null} ratio median of figure / reference of each pair
 * @property {number | null} ratioMin
 * @property {number | null} ratioMax
 * @property {number | null} floor
 * @property {number | null} aim
 * @property {number | null} over median of figure − reference of each pair
 * @property {number | null} mostOver
 * @property {number} lost deliveries, over all measurements
 * @property {number} repeated deliveries, over all measurements
 * @property {Record<string, { value: number, reference: number }>} also medians of further figures
 * @property {import('./further.mjs').FurtherResult[]} further the further figures that are printed
 * @property {string} [skipped] why it was not measured
 * @property {string} [failed] what ended it
 */

/**
 * @param {import('./scenario.mjs').Scenario} scenario
 * @param {import('./scenario.mjs').Row} row
 * @param {{ quick: boolean, pairs: number, mostPairs: number, shared: string, execArgv: string[] }} options `mostPairs`: how
 *   many in all if after `pairs` the row is beyond its bound
 * @param {(text: string) => void} progress
 * @returns {Promise<RowResult>}
 */
export async function measureRow(scenario, row, { quick, pairs, mostPairs, shared, execArgv }, progress) {
  const skipped = scenario.obstacle?.({ quick, shared, variant: row.variant });
  /** @type {Record<'figure' | 'reference', import('./scenario.mjs').Measurement[]>} */
  const taken = { figure: [], reference: [] };
  /** @type {string | undefined} */
  let failed;
  const measure = async (/** @type {'figure' | 'reference'} */ side) => {
    const { consumers, variant } = row;
    const task = { scenario: scenario.name, side, consumers, variant, quick, shared };
    const timeoutMs = scenario.timeoutMs ?? TIMEOUT_MS;
    if (scenario.prepare) {
      progress(`preparing the ${side}`);
      await runTask({ ...task, step: 'prepare' }, { timeoutMs: PREPARE_FACTOR * timeoutMs, execArgv: [] });
    }
    progress(`pair ${taken[side].length + 1} of ${taken[side].length < pairs ? pairs : mostPairs}, ${side}`);
    taken[side].push(await runTask({ ...task, step: side }, { timeoutMs, execArgv }));
  };
  if (skipped === undefined) {
    try {
      const measurePair = async () => {
        await measure('figure');
        await measure('reference');
      };
      for (let pair = 0; pair < pairs; pair++) await measurePair();
      // A single pair that is beyond its bound says next to nothing: the median over a few does.
      const all = keepsBounds(summarise(scenario, row, taken)) ? pairs : mostPairs;
      for (let pair = pairs; pair < all; pair++) await measurePair();
    } catch (error) {
      failed = /** @type {Error} */ (error).message;
    }
  }
  return {
    scenario: scenario.name,
    consumers: row.consumers,
    ...(row.variant === undefined ? {} : { variant: row.variant }),
    ...summarise(scenario, row, taken),
    ...(skipped === undefined ? {} : { skipped }),
    ...(failed === undefined ? {} : { failed }),
  };
}

/**
 * @param {import('./scenario.mjs').Scenario} scenario
 * @param {import('./scenario.mjs').Row} row
 * @param {Record<'figure' | 'reference', import('./scenario.mjs').Measurement[]>} taken
 */
function summarise({ unit, better, further = [] }, row, { figure, reference }) {
  const pairs = Math.min(figure.length, reference.length);
  const ratios = reference.map((beside, pair) => figure[pair].value / beside.value).filter(Number.isFinite);
  const all = [...figure, ...reference];
  const also = Object.fromEntries(
    Object.keys(figure[0]?.also ?? {}).map((name) => {
      const of = (/** @type {typeof figure} */ side) => median(side.map((each) => each.also?.[name] ?? Number.NaN));
      return [name, { value: of(figure) ?? Number.NaN, reference: of(reference) ?? Number.NaN }];
    }),
  );
  return {
    unit,
    better,
    pairs,
    value: median(figure.map((each) => each.value)),
    reference: median(reference.map((each) => each.value)),
    ratio: median(ratios),
    ratioMin: ratios.length === 0 ? null : Math.min(...ratios),
    ratioMax: ratios.length === 0 ? null : Math.max(...ratios),
    floor: row.floor ?? null,
    aim: row.aim ?? null,
    over: median(reference.map((beside, pair) => figure[pair].value - beside.value)),
    mostOver: row.mostOver ?? null,
    lost: all.reduce((sum, each) => sum + each.lost, 0),
    repeated: all.reduce((sum, each) => sum + each.repeated, 0),
    also,
    further: furtherResults(further, also, row.consumers),
  };
}

/** @param {number[]} values those that are not numbers, of runs with a loss, are left out */
function median(values) {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  if (sorted.length === 0) return null;
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return /** @type {number} */ (low + /** @type {number} */ (high)) / 2;
}
