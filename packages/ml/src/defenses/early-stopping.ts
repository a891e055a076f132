import { InvalidInput } from "@shadowfarm/core/errors";
import { z } from "zod";
import { defineDefense } from "../unit.ts";

/**
 * Ends the training after so many epochs, which a sweep chooses. Song & Mittal 2021, §5.3, compare defenses with it. Not by the loss
 * on records held out: those would be neither members nor non-members. A schedule reaches its end at the earlier end, too.
 */
export const earlyStopping = defineDefense({
  name: "early-stopping",
  title: "Early stopping",
  paper: "Song & Mittal 2021, §5.3",
  version: 1,
  params: z.strictObject({
    epochs: z.int().min(1).max(10_000).default(10).describe("after which the training ends; fewer than it would have"),
  }),
  check({ training }, { epochs }) {
    if (epochs < training.epochs) return;
    throw new InvalidInput(
      `it ends after ${epochs} epochs a training of ${training.epochs}; use fewer epochs than those`,
    );
  },
  training: (training, { epochs }) => ({ ...training, epochs: Math.min(epochs, training.epochs) }),
});
