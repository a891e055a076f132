import type {
  AttackNeeds,
  DatasetUse,
  Encoding,
  InputInfo,
  ProbeUse,
  ShadowGroup,
  ShadowRecords,
  UnitUse,
} from "./catalog.ts";
import { fingerprint, type KnownTexts, remember } from "./fingerprint.ts";
import { type JobWork, kindVersions, type QueryPoints } from "./job.ts";
import type { Owner, Split } from "./split.ts";
import type { Training } from "./training.ts";

/** A node of the plan. */
export type PlannedJob = JobWork & {
  key: string;
  /** How long it takes beside others of its kind; 0 where they are much alike, or nobody knows. */
  effort: number;
};

/** What a model is made of, target or shadow: data, split, model, training and defense. */
export interface Setting {
  dataset: DatasetUse;
  input: InputInfo;
  encoding: Encoding;
  split: Split;
  model: UnitUse;
  /** Multiply-accumulates of one pass over a record. */
  macs: number;
  training: Training;
  /** Under which the model answers, and the one under which it is trained: none, if the former does not touch training. */
  defense: UnitUse;
  trainedUnder: UnitUse;
  seed: string;
}

/** An attack's needs with each group of shadow models settled. */
export type SettledNeeds = Omit<AttackNeeds, "shadows"> & {
  shadows: readonly (Pick<ShadowGroup, "count" | "about" | "records"> & { setting: Setting })[];
};

/** The jobs of the models of one setting. */
interface Models {
  records: string;
  train(owner: Owner): string;
  query(owner: Owner, points: QueryPoints, views: number, probe?: ProbeUse): string;
}

/** The jobs of a plan, each once, in an order in which every job follows its inputs. */
export class Graph {
  readonly jobs = new Map<string, PlannedJob>();
  readonly #engine: string;
  /** Split, model, training, defense and attack are the same objects in many jobs. */
  readonly #known: KnownTexts = new WeakMap();

  constructor(engine: string) {
    this.#engine = engine;
  }

  /** The jobs of a target. They are added when an attack first needs them, and found again by the next. */
  target(setting: Setting) {
    const engine = this.#engine;
    const { seed, split } = setting;
    const target = this.#models(setting, this.#records(setting.dataset));
    const others = new Map<string, Models>();

    /** Shadow models like the target, or in a setting of their own, or on records that the attacker made up. */
    const shadowsOf = (own: Setting, made: ShadowRecords | undefined) => {
      if (own === setting && !made) return { models: target, made: [] };
      const records = made ? this.#madeUp(made, target, setting) : this.#records(own.dataset);
      const shadowSplit = made && "records" in made ? ownSplit(made.records, split) : own.split;
      const name = JSON.stringify([own, made]);
      const models = others.get(name) ?? this.#models({ ...own, split: shadowSplit }, records);
      others.set(name, models);
      return { models, made: made && made.kind !== "noise" ? [records] : [] };
    };

    return {
      /** @param attacker what the attacker's own models are made of, unless a group of them says otherwise */
      attack: (attack: UnitUse, needs: SettledNeeds, attacker: Setting): string => {
        remember(attack, this.#known);
        const { access, references = 0, population = 0, randomPoints = 0, views = 1, most, probe } = needs;
        const evaluation = (owner: Owner): QueryPoints => ({ set: "evaluation", owner, ...(most && { most }) });
        const shadows = needs.shadows.flatMap(({ count, about, setting, records }) => {
          const { models, made } = shadowsOf(setting, records);
          return counted(count).map((owner) => ({ owner, models, made, points: evaluation(about ?? owner) }));
        });
        const own = shadowsOf(attacker, undefined).models;
        const owners: Owner[] = ["target", ...counted(references)];
        const outside: QueryPoints = { set: "population", count: population };
        const judged = evaluation("target");
        const random: QueryPoints = { set: "random", count: randomPoints };
        const probes = probe ? [{ owner: "target" as Owner, models: target, points: judged }, ...shadows] : [];
        return this.#add({
          kind: "attack",
          params: {
            inputs: {
              target: target.query("target", judged, views),
              shadows: shadows.map(({ owner, models, points }) => models.query(owner, points, 1)),
              references: counted(references).map((owner) => own.query(owner, judged, views)),
              population:
                population > 0
                  ? owners.map((owner) => (owner === "target" ? target : own).query(owner, outside, views))
                  : [],
              randomPoints: randomPoints > 0 ? target.query("target", random, 1) : null,
              probed: probes.map(({ owner, models, points }) => models.query(owner, points, 1, probe)),
              probedRandomPoints: probe && randomPoints > 0 ? target.query("target", random, 1, probe) : null,
              made: [...new Set(shadows.flatMap(({ made }) => made))],
            },
            engine,
            seed,
            attack,
            access,
          },
        });
      },
    };
  }

  #records({ name, version, source, checksum, records }: DatasetUse): string {
    return this.#add({ kind: "prepare", params: { dataset: { name, version, source, checksum, records } } });
  }

  #madeUp(made: ShadowRecords, target: Models, setting: Setting): string {
    const { seed, split, input, defense } = setting;
    const inputs = { records: target.records, target: made.kind === "noise" ? null : target.train("target") };
    return this.#add({ kind: "prepare", params: { inputs, engine: this.#engine, seed, split, input, defense, made } });
  }

  #models(setting: Setting, records: string): Models {
    const { input, encoding, split, model, training, defense, trainedUnder, seed } = setting;
    for (const shared of [input, encoding, split, model, training, defense, trainedUnder])
      remember(shared, this.#known);
    const engine = this.#engine;
    const effort = setting.macs * split.side * training.epochs;
    const known = new Map<string, string>();
    const once = (name: string, add: () => string): string => {
      const key = known.get(name) ?? add();
      known.set(name, key);
      return key;
    };
    const train = (owner: Owner): string =>
      once(`train ${owner}`, () =>
        this.#add(
          {
            kind: "train",
            params: {
              ...{ inputs: { records }, engine, seed, split, owner, input, encoding, model, training },
              defense: trainedUnder,
            },
          },
          effort,
        ),
      );
    const query = (owner: Owner, points: QueryPoints, views: number, probe?: ProbeUse): string =>
      once(`query ${owner} ${JSON.stringify([points, views, probe])}`, () => {
        const params = {
          inputs: { records, weights: train(owner) },
          engine,
          seed,
          split,
          owner,
          points,
          views,
          defense,
        };
        return this.#add({ kind: "query", params: { ...params, ...(probe && { probe }) } });
      });
    return { records, train, query };
  }

  #add(work: JobWork, effort = 0): string {
    const key = keyOf(work, this.#known);
    if (!this.jobs.has(key)) this.jobs.set(key, { ...work, key, effort });
    return key;
  }
}

/** A job's fingerprint. The inputs' keys are among the parameters, so a key covers everything upstream. */
export function keyOf(work: JobWork, known?: KnownTexts): string {
  return fingerprint({ kind: work.kind, version: kindVersions[work.kind], params: work.params }, known);
}

/** The split of records that the attacker made up: all of them are for shadow models, each of which takes a half. */
function ownSplit(records: number, { seed, side }: Split): Split {
  return { scheme: "halves", seed, side: Math.min(side, Math.floor(records / 2)) };
}

function counted(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}
