import { picturesSchema } from "@shadowfarm/core/api/results";
import { NotFound } from "@shadowfarm/core/errors";
import { type JobDetail, provenanceOf } from "@shadowfarm/store/job-rows";
import { findResult } from "@shadowfarm/store/scores";
import { encode, type PngDataArray } from "fast-png";
import { z } from "zod";
import type { Resources, Route } from "../route.ts";
import { route } from "../route.ts";

const tag = "results";
const one = z.strictObject({
  key: z.string().max(100).describe("the key of the attack job, or six or more of its first digits"),
});
/** Of the dataset's records as they were prepared. */
const metaSchema = z.object({ kind: z.string(), low: z.number(), high: z.number() });
const DAY = "private, max-age=86400";

export const recordRoutes: Route[] = [
  route({
    method: "get",
    path: "/results/:key/pictures",
    role: "reader",
    tag,
    summary: "Whether a result's records can be seen as pictures, and why not",
    params: one,
    answer: { name: "Pictures", schema: picturesSchema },
    async handle({ params, resources }) {
      const { dataset, data, ref } = await recordsOf(params.key, resources);
      const synthetic = data === "synthetic";
      const none = (reason: string) => ({ pictures: false, reason, synthetic });
      if (resources.catalog.datasets[dataset]?.kind !== "image") return none(`records of ${dataset} are no pictures`);
      if (!ref) return none(`the records of ${dataset} were removed; submit the experiment again to make them anew`);
      return { pictures: true, reason: null, synthetic };
    },
  }),
  route({
    method: "get",
    path: "/results/:key/pictures/:record",
    role: "reader",
    tag,
    summary: "A record of an image dataset as a PNG, pixel for pixel",
    params: one.extend({ record: z.coerce.number().int().min(0).describe("its place in the dataset") }),
    answer: { mediaType: "image/png", describe: "as large as the dataset has it" },
    async handle({ params, response, resources }) {
      const { dataset, ref } = await recordsOf(params.key, resources);
      if (!ref) {
        throw new NotFound(`the records of ${dataset} were removed; submit the experiment again to make them anew`);
      }
      const artifact = await resources.artifacts.open(ref);
      try {
        const { kind, low, high } = metaSchema.parse(artifact.meta);
        const [records = 0, height = 0, width = 0, channels = 0] = artifact.shapes.features ?? [];
        if (kind !== "image") throw new NotFound(`records of ${dataset} are no pictures`);
        if (params.record >= records) {
          throw new NotFound(`${dataset} has ${records} records and none at ${params.record}; count from 0`);
        }
        const { data } = await artifact.rows("features", Uint32Array.of(params.record));
        const pixels = levelsOf(data, low, high);
        response.set({ "cache-control": DAY, etag: `"${ref.sha256.slice(0, 16)}-${params.record}"` });
        response.type("png").send(Buffer.from(encode({ width, height, channels, data: pixels })));
      } finally {
        await artifact.close();
      }
      return undefined;
    },
  }),
];

/** What the prepare job at the beginning of a result's chain left. */
async function recordsOf(key: string, { reader }: Resources) {
  const { jobKey, dataset, data } = await findResult(reader, key);
  const { chain } = await provenanceOf(reader, jobKey);
  const prepare: JobDetail | undefined = chain.find(({ kind }) => kind === "prepare");
  return { dataset, data, ref: prepare?.artifacts.find(({ name }) => name === "records") };
}

/** Bytes are levels already. */
function levelsOf(data: ArrayLike<number>, low: number, high: number): PngDataArray {
  if (data instanceof Uint8Array) return data;
  return Uint8Array.from(data, (value) => Math.round((255 * (value - low)) / (high - low)));
}
