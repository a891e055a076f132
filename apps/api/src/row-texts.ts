import { gather } from "@shadowfarm/store/gather";
import type { Reader } from "@shadowfarm/store/reader";
import { rowsAsJson } from "@shadowfarm/store/result-rows";

/** Results as lists show them, each as the JSON that is sent. */
export interface RowTexts {
  /** In the order of the ids; those that are gone are left out. */
  of(ids: readonly number[]): Promise<string[]>;
}

/** Characters that are kept: some fifty thousand results. */
const MOST = 64 * 2 ** 20;

/** What has an id never changes, so that a row is fetched and written once for all the lists that it is in. */
export function keepRowTexts(reader: Reader): RowTexts {
  // What was not asked for while the newer half filled up is dropped with the older.
  let newer = new Map<number, string>();
  let older = new Map<number, string>();
  let size = 0;
  const keep = (id: number, text: string) => {
    if (size > MOST / 2) {
      older = newer;
      newer = new Map();
      size = 0;
    }
    newer.set(id, text);
    size += text.length;
  };
  const known = (id: number) => {
    const text = newer.get(id);
    if (text !== undefined) return text;
    const before = older.get(id);
    if (before !== undefined) keep(id, before);
    return before;
  };
  // Many ask for the same rows at the same time: while some are fetched, others wait, and find theirs among them.
  const fetched = gather(async (asked: readonly (readonly number[])[]) => {
    const missing = [...new Set(asked.flat())].filter((id) => known(id) === undefined);
    const texts = new Map<number, string>();
    for (const { id, text } of missing.length > 0 ? await rowsAsJson(reader, missing) : []) {
      texts.set(id, text);
      keep(id, text);
    }
    return asked.map((ids) => new Map(ids.map((id) => [id, texts.get(id) ?? known(id)])));
  });
  return {
    async of(ids) {
      const texts = new Map(ids.map((id) => [id, known(id)]));
      const missing = ids.filter((id) => texts.get(id) === undefined);
      if (missing.length > 0) for (const [id, text] of await fetched(missing)) texts.set(id, text);
      return ids.flatMap((id) => texts.get(id) ?? []);
    },
  };
}
