import type { Tensor } from "onnxruntime-node";
import { sizeOf } from "../arrays.ts";
import { counterKey, scattered } from "../counter-hash.ts";
import { elementTypes, type Graph } from "./graph.ts";
import { onnxruntime } from "./runtime.ts";
import { made, type Value } from "./value.ts";

/**
 * Random numbers inside a graph: the hash of counter-hash.ts, bit for bit. The key of each call depends on the step and
 * comes from outside; an element's part is a constant.
 */
export class UniformCalls {
  /** Calls recorded so far; their keys are an input of calls × seeds numbers a step. */
  count = 0;
  private readonly graph: Graph;
  private readonly keys: string;
  private readonly seeds: number | null;

  /** @param keys name of a uint32 value of shape calls × seeds; @param seeds null for a single one, without an axis. */
  constructor(graph: Graph, keys: string, seeds: number | null) {
    this.graph = graph;
    this.keys = keys;
    this.seeds = seeds;
  }

  draw(shape: readonly number[]): Value {
    const { graph, seeds } = this;
    const size = sizeOf(shape);
    const elements = graph.constant(
      "uint32",
      [size],
      Uint32Array.from({ length: size }, (_, at) => scattered(at)),
    );
    const call = graph.op("Gather", [this.keys, graph.constant("int64", [], [this.count++])]);
    const key = seeds === null ? call : graph.op("Reshape", [call, graph.ints([seeds, 1])]);
    const hash = this.stir(graph.op("BitwiseXor", [elements, key]));
    const upper = graph.op("Cast", [this.shifted(hash, 8)], { to: { int: elementTypes.float32 } });
    const numbers = graph.op("Mul", [upper, graph.float(2 ** -24)]);
    const whole = seeds === null ? [...shape] : [seeds, ...shape];
    return made(graph.op("Reshape", [numbers, graph.ints(whole)]), whole);
  }

  private stir(value: string): string {
    const times = (x: string, factor: number) => this.graph.op("Mul", [x, this.graph.constant("uint32", [], [factor])]);
    const product = times(value, 0x7feb352d);
    return times(this.graph.op("BitwiseXor", [product, this.shifted(product, 15)]), 0x846ca68b);
  }

  private shifted(value: string, by: number): string {
    const amount = this.graph.constant("uint32", [], [by]);
    return this.graph.op("BitShift", [value, amount], { direction: { text: "RIGHT" } });
  }
}

/** The keys of some steps, as a graph's input: steps × calls × seeds. */
export function keysTensor(seeds: readonly number[], steps: readonly number[], calls: number): Tensor {
  const keys = steps.flatMap((step) =>
    Array.from({ length: calls }, (_, call) => seeds.map((seed) => counterKey(seed, step, call))).flat(),
  );
  const { Tensor } = onnxruntime();
  return new Tensor("uint32", Uint32Array.from(keys), [steps.length, calls, seeds.length]);
}
