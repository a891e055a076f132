import { z } from "zod";
import { defineDefense } from "../unit.ts";

/**
 * Ends the training after a share of its epochs, which a sweep chooses, as Song & Mittal 2021 compare defenses with it. Not by the
 * loss on records held out: those would be neither members nor non-members. A schedule reaches its end at the earlier end, too.
 */
export const earlyStopping = defineDefense({
  name: "early-stopping",
  title: "Early stopping",
  paper: "Song & Mittal 2021",
  version: 1,
  params: z.strictObject({
    share: z.number().gt(0).lt(1).default(0.2).describe("share of the epochs after which the training ends"),
  }),
  training: (training, { share }) => ({ ...training, epochs: Math.max(1, Math.round(share * training.epochs)) }),
});
