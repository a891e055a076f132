import type { Rng } from "@shadowfarm/core/rng";
import type { Records } from "../../unit.ts";
import { labelsByWeight } from "./labels.ts";

const products = 600;
/** Share of ones, and by how much the favourite product sells better than the last one. */
const ones = 0.12;
const favour = 50;
/** How much larger the largest cluster is than the smallest. */
const largest = 3;
/** Chance that a purchase follows from the buyer's clusters and not from the product's popularity alone. */
const signal = 0.45;
/** Of the purchases that follow from clusters, the share that is of another cluster than the buyer's own: from, to. */
const strays = { 2: [0, 0.45], 10: [0.3, 0.42], 20: [0.3, 0.45], 50: [0.35, 0.46], 100: [0.35, 0.49] } as const;

/**
 * A stand-in for Purchase: 600 products that a customer bought or not. Every cluster has a prototype, and a customer is
 * between that of the class and another one. Assumed, since the papers do not say: 12 % ones, and a largest cluster three
 * times the smallest. What bounds a model is how far customers stray, so that its accuracy changes little with records.
 *
 * Calibrated on one hidden layer of 128 tanh units, trained for 50 epochs on 10,000 records (3 seeds), which are all
 * learnt: accuracy on others, and AUC of the largest posterior; in brackets those of Salem et al. 2019, Figures 9 and 15.
 * The two last columns are for 2,500 (3 seeds) and 20,000 records (1 seed).
 *
 *     classes   10,000: accuracy      AUC          2,500        20,000
 *           2         .951 (.95)  .501 (.530)  .941 .512   .958 .507
 *          10         .873 (.87)  .542 (.586)  .876 .646   .883 .528
 *          20         .832 (.84)  .591 (.625)  .839 .736   .843 .556
 *          50         .761 (.76)  .709 (.746)  .746 .882   .760 .649
 *         100         .687 (.68)  .796 (.865)  .609 .962   .690 .728
 */
export function synthesizePurchase(classes: keyof typeof strays, rng: Rng, records: number): Records {
  const popularity = popularities(rng.child("popularity"));
  const prototypes = Array.from({ length: classes }, (_, label) => {
    const stream = rng.child("class", label);
    return popularity.map((p) => (stream.uniform() < p ? 1 : 0));
  });
  const sizes = prototypes.map((_, label) => 1 + ((largest - 1) * label) / (classes - 1));
  const labels = labelsByWeight(sizes, records, rng.child("labels"));
  const features = new Uint8Array(records * products);
  const stream = rng.child("records");
  const [least, most] = strays[classes];
  labels.forEach((label, record) => {
    const own = prototypes[label] as Float64Array;
    const other = prototypes[(label + 1 + stream.int(classes - 1)) % classes] as Float64Array;
    const ofOther = signal * (least + (most - least) * stream.uniform());
    const ofOwn = signal - ofOther;
    const from = record * products;
    for (let product = 0; product < products; product++) {
      const chance =
        ofOwn * (own[product] as number) +
        ofOther * (other[product] as number) +
        (1 - signal) * (popularity[product] as number);
      features[from + product] = stream.uniform() < chance ? 1 : 0;
    }
  });
  return { features, labels };
}

/** How likely a customer is to buy each product, in random order: falling exponentially, `ones` as a mean. */
function popularities(rng: Rng): Float64Array {
  const falling = Float64Array.from({ length: products }, (_, rank) => favour ** (-rank / (products - 1)));
  const scale = (ones * products) / falling.reduce((sum, value) => sum + value, 0);
  return Float64Array.from(rng.permutation(products), (rank) => scale * (falling[rank] as number));
}
