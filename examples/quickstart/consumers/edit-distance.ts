// How alike two texts are: the fewest letters to insert, remove or replace to get from one to the other
// (Levenshtein), by the usual table of which two rows are kept.

export function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = Number(above[column - 1]) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, Number(above[column]) + 1, Number(current[column - 1]) + 1));
    }
    above = current;
  }
  return Number(above[b.length]);
}
