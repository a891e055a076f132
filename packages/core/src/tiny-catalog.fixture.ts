import { z } from "zod";
import type { Catalog, DatasetInfo, InputKind, UnitInfo } from "./catalog.ts";
import { InvalidInput } from "./errors.ts";

const rate = z.number().min(0).lt(1).default(0.5);

/** A catalogue for tests: two datasets, two models, three attacks (each needs something else) and two defenses. */
export const tinyCatalog: Catalog = {
  datasets: {
    digits: aDataset("digits", "image", [4, 4, 1], 10),
    places: {
      ...aDataset("places", "binary", [8], 30),
      params: z.strictObject({ features: z.int().min(1).max(8).default(8) }),
      input: ({ features }) => ({ kind: "binary", shape: [features as number], low: 0, high: 1 }),
    },
  },
  models: {
    cnn: { ...aUnit("cnn", { filters: z.int().min(1).max(512).default(32) }), accepts: ["image"] },
    mlp: {
      ...aUnit("mlp", { hidden: z.int().min(1).max(8192).default(128) }),
      accepts: ["image", "binary"],
    },
  },
  attacks: {
    gap: { ...aUnit("gap", {}), needs: () => ({ access: "labels", shadows: 0, randomPoints: 0 }) },
    shadow: {
      ...aUnit("shadow", {
        shadows: z.int().min(1).max(256).default(1),
        posteriors: z.int().min(1).max(1000).default(3),
      }),
      needs({ shadows, posteriors }, { classes }) {
        if ((posteriors as number) > classes) throw new InvalidInput(`posteriors is ${posteriors}; use ${classes}`);
        return { access: "posteriors", shadows: shadows as number, randomPoints: 0 };
      },
    },
    threshold: {
      ...aUnit("threshold", {
        statistic: z.enum(["max", "entropy", "std"]).default("max"),
        points: z.int().min(0).max(1_000_000).default(1000),
      }),
      needs: ({ points }) => ({ access: "posteriors", shadows: 0, randomPoints: points as number }),
    },
  },
  defenses: { none: aUnit("none", {}), dropout: aUnit("dropout", { input: rate, hidden: rate }) },
};

function aUnit(name: string, params: z.ZodRawShape): UnitInfo {
  return { name, title: `The ${name}`, paper: "Nobody 2024, §1", version: 1, params: z.strictObject(params) };
}

function aDataset(name: string, kind: InputKind, shape: number[], classes: number): DatasetInfo {
  return {
    ...aUnit(name, {}),
    ...{ kind, classes, records: 1000, licence: "none", downloads: [] },
    input: () => ({ kind, shape, low: 0, high: 1 }),
    encoding: () => ({ kind: "none" }),
  };
}
