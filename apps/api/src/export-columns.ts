import { type Measure, measures } from "@shadowfarm/core/dimensions";

/** What a column of an export holds; JSON as text. */
export type Kind = "text" | "json" | "integer" | "number" | "boolean";

/** The columns of every export, in order; those of a unit's parameters hold JSON. */
export const exportColumns: readonly { name: string; kind: Kind }[] = [
  ...(
    [
      ["jobKey", "text"],
      ["combination", "text"],
      ["experiment", "text"],
      ["experimentId", "text"],
      ["dataset", "text"],
      ["data", "text"],
      ["origin", "text"],
      ["datasetParams", "json"],
      ["records", "integer"],
      ["split", "text"],
      ["model", "text"],
      ["modelParams", "json"],
      ["training", "json"],
      ["attack", "text"],
      ["attackParams", "json"],
      ["attacker", "text"],
      ["defense", "text"],
      ["defenseParams", "json"],
      ["repeat", "integer"],
      ["engine", "text"],
      ["machine", "text"],
      ["version", "text"],
      ["createdAt", "text"],
      ["noSignal", "boolean"],
    ] as const
  ).map(([name, kind]) => ({ name, kind })),
  ...measures.map((name: Measure) => ({ name, kind: "number" as const })),
];
