import { z } from "zod";
import type { Catalog, UnitInfo } from "./catalog.ts";
import { experimentSchema } from "./experiment.ts";
import { trainingSchema } from "./training.ts";

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** The JSON Schema of the experiment file, with every unit and parameter of the catalogue, for editors. */
export function experimentJsonSchema(catalog: Catalog): JsonSchema {
  const schema = z.toJSONSchema(experimentSchema, { io: "input" });
  const dataset = schema.properties?.datasets as { items: { anyOf: [JsonSchema, JsonSchema] } };
  const { data } = dataset.items.anyOf[1].properties as { data: JsonSchema };
  dataset.items = unitOf(catalog.datasets, [], { data }) as typeof dataset.items;
  const one = {
    model: unitOf(catalog.models, ["auto"]),
    attack: unitOf(catalog.attacks),
    defense: unitOf(catalog.defenses),
  };
  Object.assign(schema.properties as object, {
    $schema: { type: "string" },
    model: { description: "auto: cnn for images, mlp otherwise", default: "auto", ...oneOrMore(one.model) },
    training: { type: "object", properties: sweepable(trainingSchema), additionalProperties: false },
    attacks: { type: "array", minItems: 1, items: one.attack },
    defenses: { type: "array", minItems: 1, default: ["none"], items: one.defense },
  });
  return { title: "Shadowfarm experiment", ...schema };
}

function unitOf(
  units: Readonly<Record<string, UnitInfo>>,
  others: readonly string[] = [],
  further: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  const objects = Object.values(units).map(({ name, title, paper, params }) => ({
    type: "object" as const,
    description: `${title}. ${paper}`,
    properties: { name: { const: name }, ...further, ...sweepable(params) },
    required: ["name"],
    additionalProperties: false,
  }));
  return { anyOf: [{ enum: [...Object.keys(units), ...others] }, ...objects] };
}

/** A parameter's value, or a list of values to sweep. */
function sweepable(params: z.ZodObject): Record<string, JsonSchema> {
  const { properties = {} } = z.toJSONSchema(params, { io: "input" });
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => {
      const { default: standard, description, ...type } = value as JsonSchema;
      return [
        name,
        {
          ...(description && { description }),
          ...(standard !== undefined && { default: standard }),
          ...oneOrMore(type),
        },
      ];
    }),
  );
}

function oneOrMore(item: JsonSchema): JsonSchema {
  return { anyOf: [item, { type: "array", minItems: 1, items: item }] };
}
