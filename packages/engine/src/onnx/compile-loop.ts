import type { InferenceSession, Tensor } from "onnxruntime-node";
import { mapValues } from "../arrays.ts";
import type { ArrayValue, Loop, LoopProgram, Settings, Tensors } from "../engine.ts";
import { WrongArray } from "../errors.ts";
import { checkedRecords, Progress, runInBlocks, scalarsAt, seedsOf } from "../loop.ts";
import { tfjs } from "../tfjs.ts";
import { fromOrt, toOrt } from "./arrays.ts";
import { Graph } from "./graph.ts";
import { record } from "./recorder.ts";
import { onnxruntime, openSession, release, type Target } from "./runtime.ts";
import { keysTensor, UniformCalls } from "./uniform.ts";
import { elementTypeOf, made } from "./value.ts";

/**
 * How long one run of the graph should take: long against its fixed cost, which for a few megabytes of state is some
 * milliseconds and as much garbage, short against a heartbeat or a cancellation.
 */
const runMs = 400;
const mostSteps = 4096;

/** A program compiled for one batch size and one set of scalars. */
interface Compiled {
  session: InferenceSession;
  /** Calls of `uniform` in a step. */
  draws: number;
  /** Outputs: each state's name in the graph, and the losses'. */
  state: Readonly<Record<string, string>>;
  losses: string;
}

/**
 * A program as one graph around an ONNX `Loop`: many steps a run, all inside ONNX Runtime. Every batch size and every choice
 * of settings has a graph of its own, compiled when it first comes up; the state is handed on between them.
 */
export function compileLoop(target: Target, program: LoopProgram): Loop {
  const records = checkedRecords(program);
  const { seeds } = seedsOf(program);
  const progress = new Progress(program);
  const compiled = new Map<string, Promise<Compiled>>();
  const data = mapValues(program.data, toOrt);
  let state = mapValues(program.state, toOrt);
  let stepsARun = 1;

  /** The steps of `rows`, the first of which is step `at` of the run. */
  const runSteps = async (made: Compiled, rows: Uint32Array, batch: number, settings: Settings, at: number) => {
    const { Tensor } = onnxruntime();
    const count = rows.length / batch;
    const numbers = Array.from({ length: count }, (_, step) => progress.stepsDone + step);
    const scalars = numbers.map((done, step) => scalarsAt(program, done, settings, at + step));
    const feeds: Record<string, Tensor> = {
      steps: new Tensor("int64", BigInt64Array.of(BigInt(count)), []),
      rows: new Tensor("int32", Int32Array.from(rows), [count, batch]),
    };
    for (const [name, tensor] of Object.entries(data)) feeds[`data/${name}`] = tensor;
    for (const [name, tensor] of Object.entries(state)) feeds[`state/${name}`] = tensor;
    for (const name of Object.keys(scalars[0] ?? {})) {
      const values = Float32Array.from(scalars, (step) => step[name] as number);
      feeds[`scalar/${name}`] = new Tensor("float32", values, [count]);
    }
    if (made.draws > 0) feeds.keys = keysTensor(seeds, numbers, made.draws);
    const results = await made.session.run(feeds);
    state = mapValues(made.state, (name) => results[name] as Tensor);
    return { steps: count, losses: fromOrt(results[made.losses]).data as Float32Array };
  };

  return {
    run: (indices, batch, options = {}) =>
      runInBlocks({ records, progress }, indices, batch, options, async (rows, settings, at) => {
        const scalars = Object.keys(scalarsAt(program, progress.stepsDone, settings, at));
        const which = [batch, ...scalars].join();
        const made = compiled.get(which) ?? compile(target, program, batch, scalars);
        compiled.set(which, made);
        const started = performance.now();
        const block = await runSteps(await made, rows.subarray(0, stepsARun * batch), batch, settings, at);
        // A session's first run is slow: growing eightfold at most forgives it.
        const fitting = Math.round((runMs * block.steps) / (performance.now() - started));
        stepsARun = Math.max(1, Math.min(fitting, stepsARun * 8, mostSteps));
        return block;
      }),
    async state() {
      return mapValues(state, (tensor) => {
        const { shape, data } = fromOrt(tensor) as ArrayValue;
        return { shape: [...shape], data: data.slice() };
      });
    },
    dispose() {
      for (const made of compiled.values()) release(made.then(({ session }) => session));
      compiled.clear();
    },
  };
}

async function compile(
  target: Target,
  program: LoopProgram,
  batch: number,
  scalars: readonly string[],
): Promise<Compiled> {
  const { seeds, axis } = seedsOf(program);
  const outer = new Graph(target);
  const steps = outer.input("int64", [], "steps");
  const rows = outer.input("int32", ["steps", batch], "rows");
  const data = mapValues(program.data, ({ shape, data }, name) => {
    const type = data instanceof Float32Array ? "float32" : "int32";
    return { name: outer.input(type, shape, `data/${name}`), type, rowShape: shape.slice(1) } as const;
  });
  for (const name of scalars) outer.input("float32", ["steps"], `scalar/${name}`);

  const body = new Graph(target);
  const step = body.input("int64", []);
  const goOn = body.input("bool", []);
  body.output(body.op("Identity", [goOn]), "bool", []);
  const now = (name: string) => body.op("Gather", [name, step]);
  const draws = new UniformCalls(body, now("keys"), axis ? seeds.length : null);
  const carried = Object.entries(program.state);
  const stateIn = carried.map(([name, { shape }]) => ({
    outside: outer.input("float32", shape, `state/${name}`),
    inside: body.input("float32", shape),
  }));

  const lossShape = record(body, ({ tensor, name: nameOf }) => {
    const state: Tensors = {};
    carried.forEach(([name, { shape }], at) => {
      state[name] = tensor(made(stateIn[at]?.inside as string, shape));
    });
    const drawn = now(rows);
    const gathered = mapValues(data, ({ name, type, rowShape }) =>
      tensor(made(body.op("Gather", [name, drawn]), [batch, ...rowShape], type)),
    );
    const numbers = Object.fromEntries(scalars.map((name) => [name, tensor(made(now(`scalar/${name}`), []))]));
    const next = program.step(state, gathered, {
      uniform: (shape) => tensor(draws.draw(shape)),
      scalars: numbers,
    });
    for (const [name, { shape }] of carried) {
      const value = next.state[name];
      if (value === undefined) throw new WrongArray(`the step returns no state "${name}"`);
      if (value.shape.join() !== shape.join()) {
        throw new WrongArray(`state "${name}" has shape [${shape}], but the step returns [${value.shape}]`);
      }
      body.output(nameOf(value), "float32", shape);
    }
    body.output(nameOf(next.loss), elementTypeOf(next.loss.dtype), next.loss.shape);
    const { shape } = next.loss;
    // Some were kept beyond the scope of this trace, by those who take gradients.
    tfjs().dispose([next.state, next.loss]);
    return shape;
  });
  if (draws.count > 0) outer.input("uint32", ["steps", draws.count, seeds.length], "keys");

  const inputs = [steps, outer.constant("bool", [], [1]), ...stateIn.map(({ outside }) => outside)];
  const outputs = outer.multi("Loop", carried.length + 1, inputs, { body: { graph: body } });
  const state = Object.fromEntries(
    carried.map(([name, { shape }], at) => [name, outer.output(outputs[at] as string, "float32", shape)]),
  );
  const losses = outer.output(outputs[carried.length] as string, "float32", ["steps", ...lossShape]);
  return { session: await openSession(outer, target.provider), draws: draws.count, state, losses };
}
