import { sizeOf } from "@shadowfarm/engine/arrays";
import { z } from "zod";
import { inFixedBatches, labelsOf } from "../ask-labels.ts";
import { defineProbe } from "../unit.ts";
import { rotations, translations } from "../views.ts";

/**
 * Whether the model classifies each record and its altered copies rightly, by labels alone: an image and its turns by so
 * many degrees, or its shifts by so many pixels. Choquette-Choo et al. 2021, §3.3.
 *
 * The array `right` is records × copies, 1 or 0, the record itself first.
 */
export const alteredCopies = defineProbe({
  name: "altered-copies",
  version: 1,
  params: z.strictObject({
    kind: z.enum(["rotation", "translation"]),
    amount: z.int().min(1).max(45).describe("degrees, or pixels"),
  }),
  accepts: ["image"],
  async run(model, { features, labels }, { kind, amount }, { signal }) {
    const { input } = model;
    const { shape } = input;
    const width = sizeOf(shape);
    const { count, of } = kind === "rotation" ? rotations(amount) : translations(amount);
    const ask = inFixedBatches(labelsOf(model), width);
    const right = new Float32Array(labels.length * count);
    for (let record = 0; record < labels.length; record += RECORDS) {
      signal?.throwIfAborted();
      const own = features.subarray(record * width, (record + RECORDS) * width);
      (await ask(of(own, shape))).forEach((label, row) => {
        const at = record * count + row;
        right[at] = label === labels[Math.floor(at / count)] ? 1 : 0;
      });
    }
    return { arrays: { right }, queries: new Uint32Array(labels.length).fill(count) };
  },
});

/** Records whose copies are made at once. */
const RECORDS = 64;
