/** The value that the top t percent of some values reach. @param percent in (0, 100] */
export function topPercentile(values: Iterable<number>, percent: number): number {
  const descending = Float64Array.from(values).sort().reverse();
  const rank = Math.ceil((descending.length * percent) / 100);
  return descending[rank - 1] as number;
}
