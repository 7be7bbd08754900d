import { expect, it } from 'vitest';
import { Random } from './random.js';

const draw = (seed: number) => {
  const random = new Random(seed);
  return Array.from({ length: 200 }, () => random.between(1, 6));
};

it('the same seed gives the same, another one something else', () => {
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

it('numbers are within their limits, both of which come', () => {
  expect([...new Set(draw(7))].toSorted()).toEqual([1, 2, 3, 4, 5, 6]);
});

it('what is shuffled is all there, and what is picked was there', () => {
  const random = new Random(7);
  const items = [1, 2, 3, 4, 5];
  const orders = Array.from({ length: 20 }, () => random.shuffled(items));
  for (const order of orders) expect(order.toSorted()).toEqual(items);
  expect(new Set(orders.map(String)).size).toBeGreaterThan(1);
  expect(items).toContain(random.pick(items));
  expect(() => random.pick([])).toThrow(RangeError);
  expect(random.bytes(9)).toHaveLength(9);
});
