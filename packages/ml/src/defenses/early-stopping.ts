import { InvalidInput } from "@shadowfarm/core/errors";
import type { Training } from "@shadowfarm/core/training";
import { z } from "zod";
import { defineDefense } from "../defense.ts";

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
  check({ training }, { share }) {
    const { epochs } = training;
    if (endOf(training, share) < epochs) return;
    throw new InvalidInput(
      `share is ${share}: a training of ${epochs} would end after ${endOf(training, share)}; use a smaller share, or more epochs`,
    );
  },
  training: (training, { share }) => ({ ...training, epochs: endOf(training, share) }),
});

function endOf({ epochs }: Pick<Training, "epochs">, share: number): number {
  return Math.max(1, Math.round(share * epochs));
}
