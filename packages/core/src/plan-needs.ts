import type {
  AttackNeeds,
  AttackSetting,
  Catalog,
  DatasetInfo,
  DatasetUse,
  InputInfo,
  ProbeUse,
  ShadowGroup,
  UnitUse,
} from "./catalog.ts";
import { InvalidInput } from "./errors.ts";
import type { UnitChoice } from "./experiment.ts";
import { canonicalJson } from "./fingerprint.ts";
import type { Setting } from "./graph.ts";
import { autoModel, macsOf, namedModel, problemOf, type Source, useOf } from "./plan-units.ts";
import { largestOutside, largestSide } from "./split.ts";
import { suggestion } from "./suggestion.ts";
import type { Problem } from "./validation.ts";

/** What is around an attack's needs when they are settled. */
interface Surroundings {
  catalog: Catalog;
  sources: ReadonlyMap<string, Source>;
  dataset: DatasetUse;
  input: InputInfo;
  choice: UnitChoice | "auto";
  asked: number | null;
  report: (problem: Problem) => void;
}

/** Needs whose groups say in what their setting differs from the target's. */
export type PlannedNeeds = Omit<AttackNeeds, "shadows"> & {
  shadows: (Pick<ShadowGroup, "count" | "about" | "records"> & {
    change: (Partial<Setting> & { side: number }) | null;
  })[];
};

/** An attack's needs, once it is certain that they can be met; null when a problem was reported. */
export function needsOf(attack: UnitChoice, about: AttackSetting, around: Surroundings): PlannedNeeds | null {
  try {
    const needs = around.catalog.attacks[attack.name]?.needs(attack.params, about);
    if (!needs) return null;
    checkNeeds(needs, about, around.dataset);
    return { ...needs, shadows: (needs.shadows ?? []).map((group) => settled(group, about, around)) };
  } catch (error) {
    around.report(problemOf(attack, about.dataset, error));
    return null;
  }
}

/** A probe that several attacks ask for is run once, and notes what it found at the checkpoints of all of them. */
export function withSharedProbes(needs: readonly (PlannedNeeds | null)[]): (PlannedNeeds | null)[] {
  const shared = new Map<string, Set<number>>();
  const nameOf = ({ checkpoints: _, ...probe }: ProbeUse) => canonicalJson(probe);
  for (const need of needs) {
    if (!need?.probe?.checkpoints) continue;
    const name = nameOf(need.probe);
    shared.set(name, new Set([...(shared.get(name) ?? []), ...need.probe.checkpoints]));
  }
  return needs.map((need) => {
    const all = need?.probe && shared.get(nameOf(need.probe));
    if (!need?.probe || !all) return need;
    return { ...need, probe: { ...need.probe, checkpoints: [...all].sort((a, b) => a - b) } };
  });
}

function checkNeeds({ split, population = 0 }: AttackNeeds, about: AttackSetting, dataset: DatasetUse): void {
  if (split !== undefined && split !== about.split) {
    throw new InvalidInput(`it is defined for split: ${split}, not ${about.split}; use that split, or another variant`);
  }
  const left = largestOutside(about, dataset.records, dataset.largestGroup);
  if (population > left) {
    const most = Math.floor((dataset.records - population) / 2) - (dataset.largestGroup - 1);
    const remedy =
      most >= 10 ? `set records to ${Math.min(most, about.side)} or less` : "use fewer, or another dataset";
    throw new InvalidInput(
      `it needs ${population} records besides the target's, but there are ${left} with ${about.side} on a side; ${remedy}`,
    );
  }
}

/** In what the shadow models of a group differ from the target. */
function settled(group: ShadowGroup, about: AttackSetting, around: Surroundings): PlannedNeeds["shadows"][number] {
  const { model: _model, dataset: _dataset, training, ...common } = group;
  if (!group.dataset && !group.model && !training) return { ...common, change: null };
  const own = { ...(training && { training }), side: about.side };
  if (!group.dataset) {
    if (!group.model) return { ...common, change: own };
    const model = namedModel(group.model, about.dataset, around.catalog);
    const macs = macsOf(model, around.input, about.dataset, around.catalog);
    return { ...common, change: { ...own, model, macs } };
  }
  const other = around.sources.get(group.dataset);
  const given = other?.given[0];
  if (!other || !given) {
    throw new InvalidInput(
      `its shadow dataset "${group.dataset}" is not in the experiment; name it among the datasets, or ${suggestion(group.dataset, [...around.sources.keys()])}`,
    );
  }
  const largest = largestSide(about.split, other.dataset.records, other.dataset.largestGroup);
  const side = around.asked ?? largest;
  if (side > largest || side < 1) {
    throw new InvalidInput(
      `its shadow dataset ${group.dataset} has too few records for ${side} on a side; use at most ${largest}`,
    );
  }
  const model = shadowModelOn(other.info, group.model, around);
  const { input, encoding } = given;
  const macs = macsOf(model, input, other.info, around.catalog);
  return { ...common, change: { ...own, dataset: other.dataset, input, encoding, model, macs, side } };
}

/** The model that the experiment has for a shadow dataset: the target's choice where it fits, auto otherwise. */
function shadowModelOn(info: DatasetInfo, asked: ShadowGroup["model"], { catalog, choice }: Surroundings): UnitUse {
  if (asked) return namedModel(asked, info, catalog);
  const fits = choice !== "auto" && catalog.models[choice.name]?.accepts.includes(info.kind);
  return useOf(fits ? choice : autoModel(info, catalog), catalog.models);
}
