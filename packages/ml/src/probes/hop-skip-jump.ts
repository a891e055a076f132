import { InvalidInput } from "@shadowfarm/core/errors";
import { sizeOf } from "@shadowfarm/engine/arrays";
import { z } from "zod";
import { inFixedBatches, labelsOf } from "../ask-labels.ts";
import { searchBoundary } from "../boundary-search.ts";
import { defineProbe } from "../unit.ts";
import { translations } from "../views.ts";

/** In the order in which a search reports them. */
export const distanceNorms = ["l0", "l1", "l2", "linf"] as const;

/** Up to 101 queries find another label, and some 20 more the boundary: with fewer than these there is no first estimate. */
export const leastQueries = 150;

/** Name of the array with the distances that were known after so many queries. */
export const distancesAt = (norm: (typeof distanceNorms)[number], queries: number): string => `${norm}@${queries}`;

/**
 * How far each record is from another label, by labels alone: the decision boundary is searched for all records together.
 * Chen, Jordan & Wainwright 2020 (HopSkipJump); Li et al. 2020 (QEBA) with the half subspace; see boundary-search.ts for
 * what is departed from.
 *
 * The arrays `NORM@QUERIES` hold a distance a record, or one a copy when each record is also searched from its
 * translations (records × copies); all copies of a record share its queries.
 */
export const hopSkipJump = defineProbe({
  name: "hop-skip-jump",
  version: 5,
  params: z.strictObject({
    geometry: z.enum(["l2", "linf"]).default("l2").describe("in which distances are made small"),
    subspace: z
      .enum(["full", "half"])
      .default("full")
      .describe("where directions are drawn; half: QEBA's, images only"),
    translation: z.int().min(0).max(8).default(0).describe("pixels by which copies are shifted; 0: the record alone"),
  }),
  accepts: ["image", "binary"],
  async run(model, { features, labels }, { geometry, subspace, translation }, { checkpoints, rng, signal }) {
    const { input } = model;
    const { low, high, shape } = input;
    const width = sizeOf(shape);
    const shifts = translation === 0 ? null : translations(translation);
    const copies = shifts?.count ?? 1;
    const ask = inFixedBatches(labelsOf(model), width);
    const { distances, queries, found } = await searchBoundary(
      ask,
      shifts ? shifts.of(features, shape) : features,
      Int32Array.from({ length: labels.length * copies }, (_, at) => labels[Math.floor(at / copies)] as number),
      {
        ...{ shape, low, high, geometry, subspace, rng, signal },
        checkpoints: checkpoints.map((most) => Math.floor(most / copies)),
      },
    );
    checkFound(found, queries);
    const arrays = Object.fromEntries(
      distanceNorms.flatMap((norm, column) =>
        checkpoints.map((most, at) => [
          distancesAt(norm, most),
          Float32Array.from(
            { length: labels.length * copies },
            (_, row) => distances[(row * checkpoints.length + at) * distanceNorms.length + column] as number,
          ),
        ]),
      ),
    );
    return { arrays, queries: sumsOf(queries, copies) };
  },
});

/** Where no search finds anything, the distances would all be the same and say nothing. */
function checkFound(found: Uint8Array, queries: Uint32Array): void {
  // One query alone: the model's label is not the record's, and there was nothing to search.
  const searched = queries.reduce((sum, spent) => sum + (spent > 1 ? 1 : 0), 0);
  if (searched > 0 && !found.includes(1)) {
    throw new InvalidInput(
      `the model gives one label to all that it was asked, ${queries.reduce((sum, spent) => sum + spent, 0)} times about ${searched} records; it has no decision boundary to search`,
    );
  }
}

function sumsOf(queries: Uint32Array, copies: number): Uint32Array {
  return Uint32Array.from({ length: queries.length / copies }, (_, record) =>
    queries.subarray(record * copies, (record + 1) * copies).reduce((sum, spent) => sum + spent, 0),
  );
}
