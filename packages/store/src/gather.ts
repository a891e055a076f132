/**
 * Does one by one what is quicker together: what is asked for while a batch is under way makes up the next one. When there is
 * little to do, nothing waits.
 *
 * @param run answers every item, in order. Should it fail for several, each is tried alone, so that one that cannot be done
 *   spoils none of the others.
 */
export function gather<T, R>(run: (items: readonly T[]) => Promise<R[]>): (item: T) => Promise<R> {
  let next: { item: T; resolve: (result: R) => void; reject: (error: unknown) => void }[] = [];
  let busy = false;
  const go = async () => {
    busy = true;
    while (next.length > 0) {
      const batch = next;
      next = [];
      try {
        const results = await run(batch.map(({ item }) => item));
        batch.forEach(({ resolve }, at) => {
          resolve(results[at] as R);
        });
      } catch (error) {
        if (batch.length === 1) batch[0]?.reject(error);
        else
          for (const { item, resolve, reject } of batch) await run([item]).then(([one]) => resolve(one as R), reject);
      }
    }
    busy = false;
  };
  return (item) =>
    new Promise((resolve, reject) => {
      next.push({ item, resolve, reject });
      // Not at once: what is asked for in the same turn comes along.
      if (!busy) {
        busy = true;
        setImmediate(go);
      }
    });
}
