import { z } from "zod";
import { attackTopPosteriors, topPosteriorsParams } from "../top-posteriors.ts";
import { defineAttack } from "../unit.ts";

/**
 * As adversary 1, with a shadow model trained on another dataset: what sharp answers say of members is much the same
 * everywhere. Salem et al. 2019, §IV-C (adversary 2). The shadow has the model that the experiment uses for its dataset;
 * when one of the two datasets is binary, the two largest posteriors are used on both, which the paper leaves open.
 *
 * A dataset as its own source is adversary 1, the diagonal of the paper's matrix.
 */
export const transfer = defineAttack({
  name: "transfer",
  title: "Data transferring (ML-Leaks adversary 2)",
  paper: "Salem et al. 2019, §IV-C",
  version: 1,
  params: z.strictObject({
    from: z.string().describe("the shadow's dataset, one of the experiment's"),
    ...topPosteriorsParams,
  }),
  needs({ from }, { dataset }) {
    return { access: "posteriors", shadows: [{ count: 1, ...(from !== dataset.name && { dataset: from }) }] };
  },
  run: attackTopPosteriors,
});
