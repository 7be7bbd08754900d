// Whether a row's ratio, or what its figure is over its reference, is within the bounds that the row has.

/** @typedef {Pick<import('./row.mjs').RowResult, 'ratio' | 'better' | 'floor' | 'over' | 'mostOver'>} Bounded */

/**
 * Whether a ratio is as good as a bound, or better.
 *
 * @param {Pick<Bounded, 'better'>} row
 * @param {number} ratio
 * @param {number} bound
 */
export const reaches = ({ better }, ratio, bound) => (better === 'higher' ? ratio >= bound : ratio <= bound);

/**
 * Whether a row is within its floor and whatever else bounds it; true of one that has no bound, or no figure.
 *
 * @param {Bounded} row
 */
export function keepsBounds(row) {
  const { ratio, floor, over, mostOver } = row;
  if (mostOver !== null) return over === null || over <= mostOver;
  return floor === null || ratio === null || reaches(row, ratio, floor);
}
