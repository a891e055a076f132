import { InvalidInput } from "@shadowfarm/core/errors";
import type { Rng } from "@shadowfarm/core/rng";
import type { Engine } from "@shadowfarm/engine/engine";
import { type AttackModelParams, trainAttackModel } from "./attack-model.ts";

/** What attack models look at, and the records' true classes. */
export interface Featured {
  features: Float32Array | Float64Array; // records × width
  labels: Int32Array; // records
}

/** The same of a model whose members are known. */
export interface KnownFeatured extends Featured {
  isMember: Uint8Array; // records
}

/**
 * For each class an attack model that learns from the shadows' records of that class. Shokri et al. 2017, §V-D.
 *
 * @returns of each target record the probability of being a member
 * @throws {InvalidInput} when the shadows know a class of the target on one side only.
 */
export async function scoresByClass(
  engine: Engine,
  { target, shadows }: { target: Featured; shadows: readonly KnownFeatured[] },
  { classes, width, rng, signal }: { classes: number; width: number; rng: Rng; signal?: AbortSignal | undefined },
  params: AttackModelParams,
): Promise<Float64Array> {
  const scores = new Float64Array(target.labels.length);
  for (let label = 0; label < classes; label++) {
    const asked = placesOf(target.labels, label);
    if (asked.length === 0) continue;
    const { features, isMember } = lessonOf(shadows, label, width);
    const members = isMember.reduce((sum, flag) => sum + flag, 0);
    if (members === 0 || members === isMember.length) {
      throw new InvalidInput(
        `class ${label} is absent from the shadows' ${members === 0 ? "members" : "non-members"}, so it can have no attack model; use more shadows or records`,
      );
    }
    const memberPosterior = await trainAttackModel(
      engine,
      { features, width, isMember, rng: rng.child("attack model", label), signal },
      params,
    );
    const answers = await memberPosterior(rowsOf(target.features, asked, width));
    asked.forEach((record, at) => {
      scores[record] = answers[at] as number;
    });
  }
  return scores;
}

/** The shadows' records of one class. */
function lessonOf(
  shadows: readonly KnownFeatured[],
  label: number,
  width: number,
): { features: Float32Array; isMember: Uint8Array } {
  const rows: Float32Array[] = [];
  const isMember: number[] = [];
  for (const shadow of shadows) {
    const places = placesOf(shadow.labels, label);
    rows.push(rowsOf(shadow.features, places, width));
    isMember.push(...places.map((record) => shadow.isMember[record] as number));
  }
  const features = new Float32Array(rows.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const row of rows) {
    features.set(row, at);
    at += row.length;
  }
  return { features, isMember: Uint8Array.from(isMember) };
}

function placesOf(labels: Int32Array, label: number): number[] {
  return [...labels.keys()].filter((record) => labels[record] === label);
}

function rowsOf(features: Float32Array | Float64Array, places: readonly number[], width: number): Float32Array {
  const rows = new Float32Array(places.length * width);
  places.forEach((record, at) => {
    rows.set(features.subarray(record * width, (record + 1) * width), at * width);
  });
  return rows;
}
