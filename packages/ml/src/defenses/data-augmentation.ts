import { InvalidInput } from "@shadowfarm/core/errors";
import { z } from "zod";
import { defineDefense } from "../defense.ts";

/**
 * Shows the network every picture shifted, and mirrored or not, at random, anew in every step; what a shift uncovers is zero as
 * the network sees it. He et al. 2016, §4.2 (4 pixels of 32); as a defense Sablayrolles et al. 2019 and Kaya & Dumitras 2021.
 */
export const dataAugmentation = defineDefense({
  name: "data-augmentation",
  title: "Data augmentation",
  paper: "He et al. 2016, §4.2; Kaya & Dumitras 2021",
  version: 1,
  params: z.strictObject({
    shift: z.int().min(0).max(64).default(4).describe("largest shift, pixels, in each direction"),
    mirror: z.boolean().default(true).describe("whether half of the pictures are mirrored; not for digits"),
  }),
  check({ input: { kind, shape } }, { shift, mirror }) {
    if (kind !== "image") throw new InvalidInput(`it changes pictures, not ${kind} records; use another defense`);
    if (shift === 0 && !mirror)
      throw new InvalidInput("neither shifted nor mirrored, nothing changes; set shift or mirror");
    const size = Math.min(...shape.slice(0, 2));
    if (shift >= size) throw new InvalidInput(`shift is ${shift}, but pictures have ${size} pixels; use less`);
  },
  model: (layers, { shift, mirror }) => [{ kind: "augment", shift, mirror }, ...layers],
});
