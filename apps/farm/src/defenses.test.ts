import type { DatasetUse } from "@shadowfarm/core/catalog";
import { parseExperiment } from "@shadowfarm/core/experiment";
import { compilePlan } from "@shadowfarm/core/plan";
import { catalog } from "@shadowfarm/ml/catalog";
import { describe, expect, test } from "vitest";

/** Plans an experiment on datasets whose official files are there. */
function planned(given: object) {
  const experiment = parseExperiment(
    { name: "defended", datasets: ["location"], records: 300, attacks: ["gap", "shadow"], ...given },
    catalog,
  );
  const datasets = experiment.datasets.map(({ name }): DatasetUse => {
    const { version = 0, records = 0 } = catalog.datasets[name] ?? {};
    return { ...{ name, version, records }, source: "real", checksum: name, largestGroup: 1, origin: "official files" };
  });
  return compilePlan(experiment, catalog, { datasets, engine: "test" });
}

/** Parameters with which a defense can defend pictures of MNIST, where its defaults do not. */
const fitting: Readonly<Record<string, object>> = {
  combined: { first: "dropout", second: "rounding" },
  "dual-bounds": { model: { name: "mlp", activation: "relu" } },
};

test.each(Object.keys(catalog.defenses))("%s can be planned", (name) => {
  const { model, ...params } = { model: "auto", ...fitting[name] };
  const { cells } = planned({ datasets: ["mnist"], model, defenses: [{ name, ...params }] });
  expect(cells.map(({ defense }) => defense.name)).toEqual([name, name]);
});

const alone = [
  ...[
    "adversarial-regularization",
    "adversarial-training",
    "abstract-interpretation",
    "distributional",
    "dp-sgd",
    "dual-bounds",
  ],
  ...["hamp", "interval-bounds", "label-smoothing", "memguard", "model-stacking", "relaxloss", "selena", "trades"],
];

test.each(alone)(
  "%s goes with what changes network, training or answers, in either place, and with no other",
  (name) => {
    const given = { datasets: ["mnist"], model: { name: "mlp", activation: "relu" }, attacks: ["gap"] };
    const others = [
      "l1",
      "l2",
      "dropout",
      "early-stopping",
      "data-augmentation",
      "label-only",
      "rounding",
      "temperature",
    ];
    const pairs = [
      { name: "combined", first: name, second: others },
      { name: "combined", first: others, second: name },
    ];
    expect(planned({ ...given, defenses: pairs }).cells).toHaveLength(2 * others.length);
    for (const other of alone) {
      if (other === name) continue;
      const defenses = [{ name: "combined", first: name, second: other }];
      expect(() => planned({ ...given, defenses })).toThrow(`${name} and ${other} cannot be combined: `);
    }
  },
);

describe("refused when an experiment is planned", () => {
  test.each<[string, object, string]>([
    [
      "dropout of a forest",
      { model: "random-forest", defenses: ["dropout"] },
      "defenses[0]: dropout on location: dropout changes how a network is trained, but random-forest is none; use another model",
    ],
    [
      "a combination with it",
      { model: "random-forest", defenses: ["none", { name: "combined", first: "dropout", second: "rounding" }] },
      "defenses[1]: combined on location: combined changes how a network is trained, but random-forest is none; use another model",
    ],
    [
      "data augmentation of tables",
      { defenses: ["data-augmentation"] },
      "defenses[0]: data-augmentation on location: it changes pictures, not binary records; use another defense",
    ],
    [
      "MemGuard without records that are left over",
      { records: undefined, defenses: ["memguard"] },
      "defenses[0]: memguard on location: it needs 1252 records besides those of target and shadows, but there are 2 with 1252 on a side; lower records",
    ],
    [
      "adversarial regularization likewise",
      { records: 1100, defenses: ["adversarial-regularization"] },
      "defenses[0]: adversarial-regularization on location: it needs 1100 records besides those of target and shadows, but there are 610 with 1100 on a side; lower records",
    ],
    [
      "model stacking of too few records for twelve sets",
      { records: 20, defenses: ["model-stacking"] },
      "defenses[0]: model-stacking on location: 20 records on a side cannot be divided into three sets of 10 or more; use at least 30",
    ],
    [
      "SELENA with too few members for its networks",
      { records: 15, defenses: ["selena"] },
      "defenses[0]: selena on location: 15 members are too few for 25 models; use at least 19",
    ],
    [
      "an end of training that is not early",
      { training: { epochs: [1, 50] }, defenses: ["early-stopping"] },
      "defenses[0]: early-stopping on location: share is 0.2: a training of 1 would end after 1; use a smaller share, or more epochs",
    ],
    [
      "two defenses that train by means of their own",
      { defenses: [{ name: "combined", first: "memguard", second: "selena" }] },
      "defenses[0]: combined on location: memguard and selena cannot be combined: each trains by means of its own; use one of them",
    ],
    [
      "a combination with one that does not fit",
      { defenses: [{ name: "combined", first: ["l1", "dropout"], second: "data-augmentation" }] },
      "defenses[0]: combined on location: data-augmentation: it changes pictures, not binary records; use another defense",
    ],
    [
      "an unknown defense in a combination",
      { defenses: [{ name: "combined", first: "dorpout", second: "l2" }] },
      'defenses[0].first: "dorpout" does not fit; unknown defense "dorpout"; did you mean "dropout"?',
    ],
    [
      "noise of a negative size",
      { defenses: [{ name: "memguard", epsilon: [0, -0.5] }] },
      "defenses[0].epsilon: -0.5 is too small; use at least 0",
    ],
    [
      "a perturbation of no size",
      { defenses: [{ name: "adversarial-training", epsilon: 0 }] },
      "defenses[0].epsilon: 0 is too small; use more than 0",
    ],
  ])("%s", (_what, given, message) => {
    expect(() => planned(given)).toThrow(message);
  });
});

test("models are trained once for two sizes of MemGuard's noise, and shared with none of the undefended", () => {
  const trainings = (defenses: unknown[]) => planned({ defenses }).jobs.filter(({ kind }) => kind === "train").length;
  expect(trainings([{ name: "memguard", epsilon: [0.1, 0.5] }])).toBe(trainings(["none"]));
  expect(trainings(["none", { name: "combined", first: "rounding", second: "label-only" }])).toBe(trainings(["none"]));
});

test("a combination of a defense of training and one of answers shares the models of the first", () => {
  const alone = planned({ defenses: ["dropout"] });
  const both = planned({ defenses: ["dropout", { name: "combined", first: "dropout", second: "rounding" }] });
  const trained = (plan: typeof alone) => plan.jobs.filter(({ kind }) => kind === "train").map(({ key }) => key);
  expect(trained(both)).toEqual(trained(alone));
  expect(both.cells).toHaveLength(2 * alone.cells.length);
});
