import { expect, it } from 'vitest';
import { Figures } from './figures.js';

it('a figure is told by its count, sum, median and maximum', () => {
  const figures = new Figures();
  for (const value of [3, 1, 2]) figures.add('stopMs', value);
  expect(figures.summary()).toEqual({ stopMs: { count: 3, sum: 6, median: 2, max: 3 } });
  expect([figures.first('stopMs'), figures.first('other')]).toEqual([3, 0]);
});

it('what another has seen is added', () => {
  const [all, one] = [new Figures(), new Figures()];
  all.add('a', 1);
  one.add('a', 5);
  one.add('b', 2);
  all.merge(one);
  expect(all.summary()).toMatchObject({ a: { count: 2, max: 5 }, b: { count: 1 } });
});
