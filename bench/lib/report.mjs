/** What the benchmarks share: medians, how sure they are, and tables a person can read. */

const ascending = (numbers) => [...numbers].sort((a, b) => a - b);

export function median(numbers) {
  const sorted = ascending(numbers);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Where the median lies of all that the numbers are a sample of, in 95 of 100 such samples, whatever the distribution: how
 * many of them are below it is binomial, here taken as normal. For ten numbers and more.
 */
export function medianInterval(numbers) {
  const sorted = ascending(numbers);
  const outside = Math.floor((sorted.length - 1.96 * Math.sqrt(sorted.length)) / 2);
  return [sorted[outside], sorted[sorted.length - 1 - outside]];
}

/** Rows of cells as lines; the first column to the left, the others to the right. */
export function formatTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const pad = (cell, column) =>
    column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}
