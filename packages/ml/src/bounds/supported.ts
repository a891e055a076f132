import { InvalidInput } from "@shadowfarm/core/errors";
import { type Layer, type Placed, simpleLayers } from "../layers.ts";

export type MethodName = "interval" | "zonotope" | "dual";

/**
 * Makes sure that a method has bounds for every layer.
 *
 * @throws {InvalidInput} which names each layer that it has none for, and what to use instead.
 */
export function checkSupported(method: MethodName, placed: readonly Placed[]): void {
  const problems = simpleLayers(placed).flatMap(({ layer, name }) => {
    const remedy = method === "dual" ? remedyForDual(layer) : null;
    return remedy === null ? [] : [`${name} has no dual bounds: ${remedy}, or interval or zonotope bounds`];
  });
  const last = placed.at(-1);
  if (last?.layer.kind !== "dense" || last.layer.activation !== "linear") {
    problems.push(
      `${method} bounds of margins need a network that ends in a dense layer with linear activation, not in ${last?.name ?? "nothing"}; add one that gives the logits`,
    );
  }
  if (problems.length > 0) throw new InvalidInput(problems);
}

function remedyForDual(layer: Layer): string | null {
  if (layer.kind === "max-pool") return "use a convolution with a stride or an avg-pool in place of the max-pool";
  if ("activation" in layer && layer.activation === "tanh") return "use relu or leaky-relu in place of tanh";
  return null;
}
