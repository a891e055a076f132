import { canonicalJson } from "@shadowfarm/core/fingerprint";
import { valueText } from "../../parts/words.ts";

/** All that a combination is, as the API has it: units by name, each unit's parameters together. */
export type Setting = Readonly<Record<string, unknown>>;

const owners = ["dataset", "model", "training", "attack", "defense"] as const;

/** A setting by dimension: `attack`, `attack.shadows`, `training.epochs`. */
export function dimensionsOf(setting: Setting): Record<string, unknown> {
  const plain = Object.entries(setting).filter(([name]) => !/Params$|^training$/.test(name));
  const params = owners.flatMap((owner) =>
    Object.entries((setting[owner === "training" ? owner : `${owner}Params`] ?? {}) as Setting).map(
      ([name, value]) => [`${owner}.${name}`, value] as const,
    ),
  );
  return Object.fromEntries([...plain, ...params]);
}

/** Dimensions in which settings differ. */
export function differing(settings: readonly Setting[]): string[] {
  const flat = settings.map(dimensionsOf);
  return inOrder(flat.flatMap((own) => Object.keys(own))).filter((name) => name !== "origin" && differ(flat, name));
}

/** Dimensions as they are read, from the target to the attack, each once. */
export function inOrder(names: readonly string[]): string[] {
  return [...new Set(names)].sort((one, other) => rank(one) - rank(other));
}

/** Of what not every unit has, such as a parameter of one defense, only those that have it are compared. */
function differ(flat: readonly Record<string, unknown>[], name: string): boolean {
  return new Set(flat.flatMap((own) => (own[name] === undefined ? [] : canonicalJson(own[name])))).size > 1;
}

const order = ["dataset", "data", "records", "split", "model", "training", "defense", "attacker", "attack"];

function rank(name: string): number {
  const at = order.indexOf(name.split(".")[0] as string);
  return (at < 0 ? order.length : at) + (name.includes(".") ? 0.5 : 0);
}

export interface Name {
  /** What is attacked: dataset, and of its data (real or synthetic), model, training and defense what differs. */
  facet: string;
  /** By what. */
  series: string;
}

/**
 * Short names that tell settings apart.
 *
 * @param without a dimension that names leave out, since it is drawn along an axis
 */
export function namesOf(settings: readonly Setting[], without?: string): Name[] {
  const flat = settings.map((setting) => {
    const { [without ?? ""]: _, ...own } = dimensionsOf(setting);
    return own;
  });
  const units = (unit: string) => {
    const byName = new Map<unknown, Record<string, unknown>[]>();
    for (const own of flat) byName.set(own[unit], [...(byName.get(own[unit]) ?? []), own]);
    const told = new Map([...byName].map(([name, own]) => [name, paramsIn(own, unit)]));
    return (own: Record<string, unknown>) => {
      const params = (told.get(own[unit]) ?? []).map((name) => `${name.split(".")[1]} ${valueText(own[name])}`);
      return [valueText(own[unit]), ...params].join(" ");
    };
  };
  const [dataset, model, defense, attack] = ["dataset", "model", "defense", "attack"].map(units) as [
    Say,
    Say,
    Say,
    Say,
  ];
  const manyModels = new Set(flat.map(model)).size > 1;
  const manyDefenses = new Set(flat.map(defense)).size > 1;
  const common = ["records", "split", ...paramsIn(flat, "training")].filter((name) => differ(flat, name));
  const manyAttackers = differ(flat, "attacker");
  const origins = ({ dataset, data }: Record<string, unknown>) =>
    flat.some((other) => other.dataset === dataset && other.data !== data) ? [valueText(data)] : [];
  return flat.map((own) => ({
    facet: [
      dataset(own),
      ...origins(own),
      ...(manyModels ? [model(own)] : []),
      ...common.map((name) => `${name.split(".").at(-1)} ${valueText(own[name])}`),
      ...(manyDefenses ? [own.defense === "none" ? "undefended" : defense(own)] : []),
    ].join(", "),
    series: `${attack(own)}${manyAttackers ? `, ${own.attacker}` : ""}`,
  }));
}

type Say = (own: Record<string, unknown>) => string;

/** Parameters of a unit in which those that have it differ. */
function paramsIn(flat: readonly Record<string, unknown>[], unit: string): string[] {
  const names = new Set(flat.flatMap((own) => Object.keys(own)).filter((name) => name.startsWith(`${unit}.`)));
  return [...names].filter((name) => differ(flat, name));
}
