import type { Graph } from "../graph.ts";
import { dimensions, memoryDimensions, named } from "../layout.ts";
import type { Layout, Value } from "../value.ts";
import type { Extent, Window } from "./window.ts";

/** Height and width of what the windows cover, padding included. */
export function coveredExtent({ before, input, after }: Window): Extent {
  return [before[0] + input[0] + after[0], before[1] + input[1] + after[1]];
}

/** The images, filled up with a number or cut to what the windows cover; and to a larger batch. */
export function covered(
  graph: Graph,
  x: Value,
  layout: Layout,
  window: Window,
  { fill = 0, batch = window.batch }: { fill?: number; batch?: number } = {},
): string {
  const { before, after } = window;
  return padded(graph, named(graph, x, layout), x.shape, layout, { before, after, fill, more: batch - window.batch });
}

/** What the windows cover, cut or filled up with zeros to images of this shape. */
export function uncovered(
  graph: Graph,
  name: string,
  images: readonly number[],
  layout: Layout,
  window: Window,
): string {
  const [batch, , , channels] = images as [number, number, number, number];
  const before = window.before.map((size) => -size);
  const after = window.after.map((size) => -size);
  return padded(graph, name, [batch, ...coveredExtent(window), channels], layout, { before, after, fill: 0, more: 0 });
}

interface Padding {
  /** Rows above and columns to the left, which are cut off where it is negative. */
  before: readonly number[];
  /** Rows below and columns to the right. */
  after: readonly number[];
  /** Images at the end of the batch. */
  more: number;
  fill: number;
}

function padded(
  graph: Graph,
  name: string,
  shape: readonly number[],
  layout: Layout,
  { before, after, fill, more }: Padding,
): string {
  const pads = [0, 0, ...before, 0, more, 0, ...after, 0];
  if (pads.every((size) => size === 0)) return name;
  const memory = memoryDimensions(graph, shape, layout);
  const result = memory.map((size, axis) => size + (pads[axis] as number) + (pads[axis + 5] as number));
  const apart = graph.op("Reshape", [name, graph.ints(memory)]);
  const fit = graph.op("Pad", [apart, graph.ints(pads), graph.float(fill)]);
  const [batch, blocks, height, width, block] = result as [number, number, number, number, number];
  return graph.op("Reshape", [fit, graph.ints(dimensions([batch, height, width, blocks * block], layout))]);
}
