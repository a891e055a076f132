import type { Engine } from "@shadowfarm/engine/engine";
import { expect, test } from "vitest";
import type { Built, School } from "../defense.ts";
import { openLearnt, sideBySide } from "../learnt.ts";
import type { LearntModel } from "../unit.ts";
import { aDefended } from "./defended.fixture.ts";
import { modelStacking } from "./model-stacking.ts";
import { aSchool, rowsIn, someRecords, WIDTH } from "./school.fixture.ts";

type Stack = Extract<LearntModel, { parts: unknown }>;

const built = async (school: School) =>
  (await modelStacking.build?.(school, modelStacking.params.parse({ trees: 5 }))) as Built;

async function answersOf(engine: Engine, model: LearntModel, features: Float32Array, width = WIDTH) {
  const open = openLearnt(engine, model, { inputShape: [width], classes: 3 });
  const answers = await open.ask(features);
  open.close();
  return answers;
}

test("three models: the network, a forest, and a regression on what those two answer", async () => {
  const school = await aSchool({ training: { epochs: 20 } });
  const { model } = await built(school);
  const { parts, top } = model as Stack;
  expect(parts[0]).toMatchObject({ layers: school.recipe.layers });
  expect(parts[1]).toMatchObject({ unit: { name: "random-forest", params: { trees: 5 } } });
  const { features } = someRecords("asked", 30);
  const answers = await Promise.all(parts.map((part) => answersOf(school.engine, part, features)));
  const byTop = await answersOf(school.engine, top, sideBySide(answers, 3), 6);
  expect(await answersOf(school.engine, model, features)).toEqual(byTop);
});

test("their training sets are disjoint thirds of the members", async () => {
  const school = await aSchool({ members: 61, training: { epochs: 1 } });
  const taught: number[][][] = [];
  const engine: Engine = Object.assign(Object.create(school.engine), {
    compileLoop(program: Parameters<Engine["compileLoop"]>[0]) {
      const { data, shape } = program.data.features as { data: Float32Array; shape: number[] };
      taught.push(rowsIn(data, shape[1] as number));
      return school.engine.compileLoop(program);
    },
  });
  const { model } = await built({ ...school, engine });
  const members = new Set(rowsIn(school.lesson.features, WIDTH).map((row) => row.join()));
  const [network, top] = taught as [number[][], number[][]];
  expect(network).toHaveLength(20);
  for (const row of network) expect(members).toContain(row.join());
  // The regression learns from answers: those of both parts on a third that is not the network's.
  expect(top).toHaveLength(21);
  const { parts } = model as Stack;
  const answers = await Promise.all(parts.map((part) => answersOf(school.engine, part, school.lesson.features)));
  const said = rowsIn(sideBySide(answers, 3), 6).map((row) => row.map((value) => value.toFixed(4)).join());
  const own = new Set(network.map((row) => row.join()));
  const elsewhere = new Set(
    rowsIn(school.lesson.features, WIDTH).flatMap((row, at) => (own.has(row.join()) ? [] : [said[at]])),
  );
  for (const row of top) expect(elsewhere).toContain(row.map((value) => value.toFixed(4)).join());
});

test("too few records for three sets a side are refused", () => {
  const params = modelStacking.params.parse({});
  expect(() => modelStacking.check?.(aDefended({ side: 29 }), params)).toThrow(
    "29 records on a side cannot be divided into three sets of 10 or more; use at least 30",
  );
  expect(() => modelStacking.check?.(aDefended({ side: 30 }), params)).not.toThrow();
});
