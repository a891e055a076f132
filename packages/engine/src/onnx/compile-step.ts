import { checkArray, mapValues } from "../arrays.ts";
import type { ArraySpec, Step, StepContext, Tensors } from "../engine.ts";
import { fromOrt, toOrt } from "./arrays.ts";
import { Graph } from "./graph.ts";
import { record } from "./recorder.ts";
import { openSession, release, type Target } from "./runtime.ts";
import { keysTensor, UniformCalls } from "./uniform.ts";
import { elementTypeOf, made } from "./value.ts";

/** A function of arrays of fixed shapes, as one graph. Traced here, so that what cannot be compiled is refused at once. */
export function compileStep(
  target: Target,
  inputs: Readonly<Record<string, ArraySpec>>,
  fn: (inputs: Tensors, context: Pick<StepContext, "uniform">) => Tensors,
): Step {
  const graph = new Graph(target);
  // The keys of one step, as a loop has them of many.
  const draws = new UniformCalls(graph, graph.op("Gather", ["keys", graph.constant("int64", [], [0])]), null);
  const outputs = record(graph, ({ tensor, name }) => {
    const given: Tensors = {};
    for (const [input, { shape, dtype = "float32" }] of Object.entries(inputs)) {
      given[input] = tensor(made(graph.input(elementTypeOf(dtype), shape, `in/${input}`), shape, dtype));
    }
    const results = fn(given, { uniform: (shape) => tensor(draws.draw(shape)) });
    return mapValues(results, (out) => graph.output(name(out), elementTypeOf(out.dtype), out.shape));
  });
  if (draws.count > 0) graph.input("uint32", [1, draws.count, 1], "keys");
  const session = openSession(graph, target.provider);
  // Whoever runs the step hears of it.
  session.catch(() => {});

  return {
    async run(values, { seed = 0, step = 0 } = {}) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([input, spec]) => [`in/${input}`, toOrt(checkArray(input, values[input], spec))]),
      );
      if (draws.count > 0) feeds.keys = keysTensor([seed], [step], draws.count);
      const results = await (await session).run(feeds);
      return mapValues(outputs, (name) => fromOrt(results[name]));
    },
    dispose() {
      release(session);
    },
  };
}
