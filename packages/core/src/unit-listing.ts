import { z } from "zod";
import type { Catalog, UnitInfo, UnitKind } from "./catalog.ts";

/** A unit as programs read it. */
export interface ListedUnit {
  kind: UnitKind;
  name: string;
  title: string;
  paper: string;
  version: number;
  /** JSON Schemas of its parameters, by name. */
  params: Record<string, unknown>;
}

/** Every unit of a catalogue, kind by kind. */
export function listUnits(catalog: Catalog): ListedUnit[] {
  return Object.entries(catalog).flatMap(([kind, members]) =>
    Object.values(members as Record<string, UnitInfo>).map(({ name, title, paper, version, params }) => ({
      kind: kind.slice(0, -1) as UnitKind,
      name,
      title,
      paper,
      version,
      params: z.toJSONSchema(params, { io: "input" }).properties ?? {},
    })),
  );
}
