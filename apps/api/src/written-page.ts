import type { RowFilter } from "@shadowfarm/store/result-filter";
import type { ResultMemory } from "@shadowfarm/store/result-memory";
import { pageById } from "@shadowfarm/store/result-pages";
import { type Place, pageOfRows } from "@shadowfarm/store/result-rows";
import type { RowPlace } from "@shadowfarm/store/row-texts";
import type { Sort } from "./result-query.ts";
import type { Resources } from "./route.ts";

/** Rows as JSON in UTF-8, and where the next page begins behind. */
interface WrittenPage {
  texts: Buffer[];
  next: Place | null;
}

/** A page of the results that a filter chooses: in the order of ids from memory, by a measure from Postgres, which has indexes. */
export async function writtenPage(
  { reader, results, rowTexts }: Pick<Resources, "reader" | "results" | "rowTexts">,
  filter: RowFilter,
  { measure, descending }: Sort,
  limit: number,
  after: Place | null,
): Promise<WrittenPage> {
  const textsOf = (memory: ResultMemory, rows: readonly RowPlace[]) => rows.map((row) => rowTexts.of(memory, row));
  const page = (texts: readonly (Buffer | null)[], next: Place | null): WrittenPage => ({
    texts: texts.filter((text) => text !== null),
    next,
  });
  if (measure === "id") {
    return results.ask((memory) => {
      const { rows, next } = pageById(memory, filter, descending, limit, after?.id ?? null);
      return page(textsOf(memory, rows), next);
    });
  }
  const { rows, next } = await pageOfRows(reader, filter, { measure, descending }, limit, after);
  const known = textsOf(results.latest(), rows);
  if (!known.includes(null)) return page(known, next);
  // Rows came since it was last read; those that are not there then are gone.
  await results.version();
  return results.ask((memory) => page(textsOf(memory, rows), next));
}
