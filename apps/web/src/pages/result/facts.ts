import type { JobKind } from "@shadowfarm/core/job";
import type { Fact } from "../../parts/facts.tsx";
import { valueText } from "../../parts/words.ts";

type Params = Readonly<Record<string, unknown>>;

/** What a job was given, but for the jobs that it took from: units as they are written, everything else by its name. */
export function factsOf({ inputs: _, ...params }: Params): Fact[] {
  return Object.entries(params).map(([name, value]) => [name, textOf(value)]);
}

/** The least that tells a job from others of its kind. */
export function summaryOf(kind: JobKind, params: Params): string {
  switch (kind) {
    case "prepare": {
      const { name, source, records } = partOf(params.dataset);
      const data = source === "synthetic" ? "SYNTHETIC" : valueText(source);
      return `${valueText(name)}, ${data}, ${Number(records).toLocaleString("en")} records`;
    }
    case "train": {
      const { epochs, batch, optimizer } = partOf(params.training);
      const { side } = partOf(params.split);
      return `${nameIn(params.model)}, ${nameIn(params.defense)}; ${epochs} epochs of ${batch}, ${optimizer}; ${side} records`;
    }
    case "query": {
      const { set } = partOf(params.points);
      return `${valueText(set)} points; answers ${nameIn(params.defense)}`;
    }
    case "attack":
      return `${textOf(params.attack)}, sees ${valueText(params.access)}`;
  }
}

/** `cnn(size=5, filters=32)`; other things on one line. */
function textOf(value: unknown): string {
  const { name, params } = partOf(value);
  if (typeof name !== "string" || typeof params !== "object" || params === null) return valueText(value);
  const own = Object.entries(params).map(([parameter, given]) => `${parameter}=${textOf(given)}`);
  return own.length === 0 ? name : `${name}(${own.join(", ")})`;
}

function nameIn(unit: unknown): string {
  const { name } = partOf(unit);
  return name === "none" ? "undefended" : valueText(name);
}

function partOf(value: unknown): Params {
  return typeof value === "object" && value !== null ? (value as Params) : {};
}
