import { readConfig } from "../../apps/farm/src/config.ts";
import { type CheckedSubmission, checkSubmission } from "../../apps/farm/src/submission.ts";
import { writeSpec } from "../specs.ts";

/** Some 50 jobs on made-up digits, of other numbers for each seed. */
export async function anExperiment(folder: string, seed: number): Promise<CheckedSubmission> {
  const file = await writeSpec(folder, {
    name: `chaos-${seed}`,
    seed,
    data: "synthetic",
    records: 100,
    repeats: 2,
    training: { epochs: 60, batch: 10 },
    attacks: ["gap", { name: "threshold", points: 50 }, { name: "shadow", posteriors: 3 }],
    defenses: ["none", { name: "dropout", hidden: [0.25, 0.5] }],
  });
  return checkSubmission(file, readConfig({ SHADOWFARM_HOME: folder, DATABASE_URL: "postgres://unused" }), false);
}
