/** The same value for some seconds, asked for once however many want it. A failure is not kept. */
export function cached<T>(
  seconds: number,
  ask: () => Promise<T>,
  now: () => number = () => performance.now(),
): () => Promise<T> {
  let kept: { value: Promise<T>; until: number } | null = null;
  return () => {
    if (kept && now() < kept.until) return kept.value;
    const value = ask();
    const mine = { value, until: now() + seconds * 1000 };
    kept = mine;
    value.catch(() => {
      if (kept === mine) kept = null;
    });
    return value;
  };
}
