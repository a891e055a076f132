import type { Engine, LoopProgram } from "@shadowfarm/engine/engine";
import { expect, test } from "vitest";
import type { Built } from "../defense.ts";
import { aDefended } from "./defended.fixture.ts";
import { aSchool, rowsIn, WIDTH } from "./school.fixture.ts";
import { selena } from "./selena.ts";

/** What the engine was given to train on, and what it was asked and answered, in order. */
interface Seen {
  taught: { features: number[][]; targets: number[][] }[];
  asked: { features: number[][]; answers: number[][] }[];
}

function watched(engine: Engine, classes: number): { engine: Engine; seen: Seen } {
  const seen: Seen = { taught: [], asked: [] };
  const watching: Partial<Engine> = {
    compileLoop(program: LoopProgram) {
      const [features, targets] = [program.data.features?.data, program.data.targets?.data] as Float32Array[];
      seen.taught.push({
        features: rowsIn(features as Float32Array, WIDTH),
        targets: rowsIn(targets as Float32Array, classes),
      });
      return engine.compileLoop(program);
    },
    compileFn(weights, fn) {
      const compiled = engine.compileFn(weights, fn);
      return {
        async run(input, signal) {
          const answer = await compiled.run(input, signal);
          seen.asked.push({ features: rowsIn(input.data, WIDTH), answers: rowsIn(answer.data, classes) });
          return answer;
        },
        dispose: () => compiled.dispose(),
      };
    },
  };
  return { engine: Object.assign(Object.create(engine) as Engine, watching), seen };
}

test("each member is left out of exactly L networks, and taught what those say of it on average", async () => {
  const school = await aSchool({ members: 40, training: { epochs: 2 } });
  const { engine, seen } = watched(school.engine, 3);
  const params = { models: 5, without: 2 };
  await selena.build?.({ ...school, engine }, params);
  expect(seen.taught).toHaveLength(6);
  expect(seen.asked).toHaveLength(5);
  const members = rowsIn(school.lesson.features, WIDTH);
  const last = seen.taught.at(-1) as Seen["taught"][number];
  expect(last.features).toEqual(members);
  for (const [member, features] of members.entries()) {
    const key = features.join();
    const others = seen.asked.filter((_, at) => !seen.taught[at]?.features.some((row) => row.join() === key));
    expect(others).toHaveLength(params.without);
    const said = others.map(
      (model) => model.answers[model.features.findIndex((row) => row.join() === key)] as number[],
    );
    const mean = [0, 1, 2].map((column) => said.reduce((sum, row) => sum + (row[column] as number), 0) / said.length);
    expect(last.targets[member]).toEqual(mean.map((value) => expect.closeTo(value, 6)));
  }
  // A network is asked about those alone that it was not trained on.
  expect(seen.asked.map((model) => model.features.length)).toEqual(
    seen.taught.slice(0, 5).map((model) => members.length - model.features.length),
  );
});

test("a network that is left without questions, or another one, does no harm", async () => {
  const school = await aSchool({ members: 4, training: { epochs: 1 } });
  const built = (await selena.build?.(school, { models: 12, without: 1 })) as Built;
  expect(built.losses).toHaveLength(1);
});

test.each([
  [{ models: 5, without: 5 }, 100, "a record cannot be left out of 5 of 5 models; set without below models"],
  [{ models: 25, without: 10 }, 18, "18 members are too few for 25 models; use at least 19"],
  [{ models: 25, without: 24 }, 400, "400 members are too few for 25 models; use at least 418"],
])("refuses %o with %i members", (params, side, message) => {
  expect(() => selena.check?.(aDefended({ side }), selena.params.parse(params))).toThrow(message);
  expect(() => selena.check?.(aDefended({ side: 500 }), selena.params.parse({}))).not.toThrow();
});
