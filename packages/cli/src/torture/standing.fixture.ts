// Where a fault stands, for tests: one that ran and found nothing, but for what is given.
import type { Standing } from '@penstock/torture';

export const standing = (given: Partial<Standing>): Standing => ({
  fault: 'kill',
  state: 'done',
  missing: undefined,
  cycles: 30,
  accepted: 12_345,
  delivered: 61_725,
  lost: 0,
  duplicated: 17,
  deadLettered: 3,
  problems: [],
  kept: [],
  figures: {},
  ...given,
});
