import type { Rng } from "@shadowfarm/core/rng";
import type { Records } from "../../unit.ts";
import { chooser, zipf } from "./draws.ts";
import { labelsByWeight } from "./labels.ts";

const attributes = 6169;
const classes = 100;
/** What is noted of a stay: its median, and the deviation of its logarithm. */
const typicalNotes = 30;
const notesDeviation = 0.4;
/** Attributes that go with a procedure. */
const profileAttributes = 80;
/** Share of the notes that go with a procedure and are not merely frequent. */
const signal = 0.6;
/** Range over the stays of the share of those that go with another procedure than the stay's own: more is harder. */
const leastStray = 0.46;
const mostStray = 0.54;

/**
 * A stand-in for Texas: hospital stays of 100 procedures with 6,169 attributes that a stay has or not. What is noted of a
 * stay goes with its procedure, goes with another one, or is merely frequent. Assumed, since the papers do not say: some
 * 30 ones a stay, and that the r-th most frequent procedure is ∝ 1 / √r.
 *
 * Calibrated on one hidden layer of 128 tanh units, trained for 50 epochs on 10,000 stays (2 seeds): accuracy 1.000 on them
 * and .551 on others, AUC .828 of the largest posterior; Shokri et al. 2017, Table III, have .55 on others. On 2,500 stays
 * (3 seeds): 1.000, .563 and .936; on 600 (2 seeds): 1.000, .468 and .991.
 */
export function synthesizeTexas(rng: Rng, records: number): Records {
  const ofAll = chooser(zipf(attributes, 10, 1));
  const frequent = rng.child("frequent").permutation(attributes);
  const ofProfile = chooser(zipf(profileAttributes, 5, 1));
  const profiles = Array.from({ length: classes }, (_, label) =>
    rng.child("class", label).permutation(attributes).slice(0, profileAttributes),
  );
  const sizes = profiles.map((_, label) => 1 / Math.sqrt(label + 1));
  const labels = labelsByWeight(sizes, records, rng.child("labels"));
  const features = new Uint8Array(records * attributes);
  const stream = rng.child("records");
  labels.forEach((label, record) => {
    const notes = Math.round(typicalNotes * Math.exp(notesDeviation * stream.normal()));
    const other = (label + 1 + stream.int(classes - 1)) % classes;
    const stray = signal * (leastStray + (mostStray - leastStray) * stream.uniform());
    for (let note = 0; note < notes; note++) {
      const drawn = stream.uniform();
      const profile = profiles[drawn < stray ? other : label] as Uint32Array;
      const attribute = drawn < signal ? profile[ofProfile(stream)] : frequent[ofAll(stream)];
      features[record * attributes + (attribute as number)] = 1;
    }
  });
  return { features, labels };
}
