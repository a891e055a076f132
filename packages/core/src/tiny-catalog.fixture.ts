import { z } from "zod";
import type { Catalog, DatasetInfo, InputKind, UnitInfo, UnitUse } from "./catalog.ts";
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
    cnn: {
      ...aUnit("cnn", { filters: z.int().min(1).max(512).default(32) }),
      accepts: ["image"],
      macs: (_input, classes, { filters }) => classes * (filters as number),
    },
    mlp: {
      ...aUnit("mlp", { hidden: z.int().min(1).max(8192).default(128) }),
      accepts: ["image", "binary"],
      macs: (_input, classes, { hidden }) => classes * (hidden as number),
    },
  },
  attacks: {
    gap: { ...aUnit("gap", {}), needs: () => ({ access: "labels" }) },
    shadow: {
      ...aUnit("shadow", {
        shadows: z.int().min(1).max(256).default(1),
        posteriors: z.int().min(1).max(1000).default(3),
      }),
      needs({ shadows, posteriors }, { dataset: { classes } }) {
        if ((posteriors as number) > classes) throw new InvalidInput(`posteriors is ${posteriors}; use ${classes}`);
        return { access: "posteriors", shadows: [{ count: shadows as number }] };
      },
    },
    threshold: {
      ...aUnit("threshold", {
        statistic: z.enum(["max", "entropy", "std"]).default("max"),
        points: z.int().min(0).max(1_000_000).default(1000),
      }),
      needs: ({ points }) => ({ access: "posteriors", randomPoints: points as number }),
    },
  },
  defenses: {
    none: { ...aUnit("none", {}), trainedUnder: () => null, changesAnswers: () => true, check: () => {} },
    dropout: {
      ...aUnit("dropout", { input: rate, hidden: rate }),
      trainedUnder: (params) => ({ name: "dropout", version: 1, params }),
      changesAnswers: () => false,
      check: refuseWide,
    },
    rounding: { ...aUnit("rounding", {}), trainedUnder: () => null, changesAnswers: () => true, check: () => {} },
  },
};

/** The same, with attacks that need models of other kinds, and other answers. */
export const needyCatalog: Catalog = {
  ...tinyCatalog,
  attacks: {
    ...tinyCatalog.attacks,
    lira: {
      ...aUnit("lira", {
        shadows: z.int().min(1).max(256).default(4),
        population: z.int().min(0).default(0),
        split: z.enum(["any", "halves"]).default("any"),
        views: z.int().default(1),
      }),
      needs: ({ shadows, population, split, views }) => ({
        access: "posteriors",
        references: shadows as number,
        population: population as number,
        views: views as number,
        ...(split === "halves" && { split: "halves" as const }),
      }),
    },
    transfer: {
      ...aUnit("transfer", { from: z.string() }),
      needs: ({ from }, { dataset }) => ({
        access: "posteriors",
        shadows: [{ count: 1, ...(from !== dataset.name && { dataset: from as string }) }],
      }),
    },
    boundary: {
      ...aUnit("boundary", {
        queries: z.int().default(250),
        points: z.int().min(0).default(0),
        shadows: z.int().min(1).default(1),
        norm: z.enum(["l1", "l2"]).default("l2"),
      }),
      needs: ({ queries, points, shadows }) => ({
        access: "labels",
        shadows: [{ count: shadows as number }],
        randomPoints: points as number,
        probe: { name: "search", version: 1, params: {}, checkpoints: [100, queries as number] },
      }),
    },
    varied: {
      ...aUnit("varied", {
        shadows: z.int().min(1).max(256).default(1),
        shadowModel: z.string().default("same"),
        batch: z.int().min(0).default(0),
        made: z.int().min(0).default(0),
        noise: z.number().default(0),
        relabelled: z.boolean().default(false),
      }),
      needs({ shadows, shadowModel, batch, made, noise, relabelled }, { training }) {
        const group = {
          count: shadows as number,
          ...(shadowModel !== "same" && { model: { name: shadowModel as string, params: {} } }),
          ...(batch !== 0 && { training: { ...training, batch: batch as number } }),
          ...(made !== 0 && { records: { kind: "marginals" as const, records: made as number } }),
          ...(noise !== 0 && { records: { kind: "noise" as const, share: noise as number } }),
          ...(relabelled === true && { records: { kind: "relabelled" as const }, about: "target" as const }),
        };
        return { access: "posteriors", shadows: [group] };
      },
    },
  },
};

/** As if it could not defend a network with very many units. */
function refuseWide(_params: unknown, { model }: { model: UnitUse }): void {
  if (model.params.hidden === 4096) throw new InvalidInput("4096 hidden units are too many; use fewer");
}

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
