import { writeFile } from "node:fs/promises";
import path from "node:path";

/** A sweep of 2 × 2 cells on real digits that takes a few seconds: 2 prepare … 4 attack jobs over small models. */
const small = {
  name: "small",
  seed: 7,
  datasets: ["mnist"],
  records: 60,
  model: { name: "mlp", hidden: 16 },
  training: { epochs: 3, batch: 20 } as Record<string, unknown>,
  attacks: ["gap", { name: "threshold", points: 50 }] as unknown[],
  defenses: ["none", "dropout"] as unknown[],
};

/** Long enough to be hit in the middle of its training, short enough to be done twice. */
export const slow = { training: { epochs: 150, batch: 10 }, records: 150 };

/** Writes an experiment file, the small one but for the given fields, and returns its path. */
export async function writeSpec(
  folder: string,
  changes: Record<string, unknown> = {},
  fileName?: string,
): Promise<string> {
  const spec = { ...small, ...changes };
  const file = path.join(folder, fileName ?? `${spec.name}.json`);
  await writeFile(file, JSON.stringify(spec, null, 2));
  return file;
}
