import { expect, test } from "vitest";
import { answersOf, attacked, confidence, knownAnswersOf, near, needsOf } from "./answers.fixture.ts";
import { privacyRisk } from "./privacy-risk.ts";

/** A posterior of two classes whose modified entropy, −2 (1 − p) ln p, is a power of ten. */
function atPower(power: number): number[] {
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step++) {
    const p = (low + high) / 2;
    if (-2 * (1 - p) * Math.log(p) > 10 ** power) low = p;
    else high = p;
  }
  return confidence(low);
}

// Powers of ten of the modified entropy, from −4 to 0.
const members = [-4, -3.5, -3.2, -0.5];
const others = [-3.7, 0];
const shadow = knownAnswersOf([...members, ...others].map(atPower), [1, 1, 1, 1, 0, 0]);

async function risksAt(powers: number[], bins: number, shadows = [shadow]) {
  const output = await attacked(privacyRisk, { bins }, { target: answersOf(powers.map(atPower)), shadows });
  expect(output.threshold).toEqual({ by: "fixed", value: 0.5 });
  return [...output.scores];
}

// The first decade has 3 of the 4 members and 1 of the 2 non-members, the last one has the others.
const [first, last] = [3 / 4 / (3 / 4 + 1 / 2), 1 / 4 / (1 / 4 + 1 / 2)];

test("a record's risk is the members' share of its bin, as if both sides were equally many", async () => {
  expect(await risksAt([-3.9, -3.1, -0.9, -0.1], 4)).toEqual(near([first, first, last, last]));
});

test("an empty bin has the risk of the nearest that is not, of two the one with the smaller entropy", async () => {
  expect(await risksAt([-2.5, -1.5], 4)).toEqual(near([first, last]));
  expect(await risksAt([-2], 3)).toEqual(near([first]));
});

test("beyond the shadows' smallest and largest entropy the outermost bins go on, also at an entropy of 0", async () => {
  expect(await risksAt([-8, 0.5], 4)).toEqual(near([first, last]));
  const { scores } = await attacked(privacyRisk, { bins: 4 }, { target: answersOf([[1, 0]]), shadows: [shadow] });
  expect([...scores]).toEqual(near([first]));
});

test("several shadows are counted together", async () => {
  // Two more non-members in the first bin: 3 of 4 members and 3 of 4 non-members.
  const more = knownAnswersOf([-3.8, -3.6].map(atPower), [0, 0]);
  expect(await risksAt([-3.5, -0.5], 4, [shadow, more])).toEqual(near([1 / 2, 1 / 2]));
});

test("shadows that always answer the same tell nothing", async () => {
  expect(await risksAt([-4, -2, 0], 5, [knownAnswersOf([-2, -2, -2].map(atPower), [1, 0, 0])])).toEqual([
    0.5, 0.5, 0.5,
  ]);
});

test("classes have bins of their own, and one that the shadows know on one side only has the risk ½", async () => {
  const powers = [-4, 0, -4, 0, -3];
  const labels = [0, 0, 1, 1, 2];
  const rows = powers.map((power, record) => {
    const [p = 0, rest = 0] = atPower(power);
    return [0, 1, 2].map((at) => (at === labels[record] ? p : at === ((labels[record] as number) + 1) % 3 ? rest : 0));
  });
  // Sharp answers are on members of class 0, but on non-members of class 1; class 2 has members alone.
  const shadows = [knownAnswersOf(rows, [1, 0, 0, 1, 1], { labels })];
  const { scores } = await attacked(privacyRisk, { bins: 2 }, { target: answersOf(rows, { labels }), shadows });
  expect([...scores]).toEqual([1, 0, 0, 1, 0.5]);
});

test("needs shadows alone", () => {
  expect(needsOf(privacyRisk, { shadows: 3 })).toEqual({ access: "posteriors", shadows: [{ count: 3 }] });
});
