/** The questions of one kind: the `at`-th is like no earlier one, as far as the kind has different ones. */
export type Questions = (at: number) => string;

const datasets = ["adult", "cifar10", "cifar100", "face", "location", "mnist", "news", "purchase100"];
const attacks = ["gap", "threshold", "shadow", "lira", "rmia"];
const defenses = ["none", "dropout", "l2"];

function pick(names: readonly string[], at: number): string {
  return names[at % names.length] as string;
}

/** What dashboards ask again and again: few different questions, each by many. */
export const usual: Readonly<Record<string, Questions>> = {
  list: (at) => `/results?limit=100&sort=${pick(["-id", "-auc", "testAccuracy"], at)}`,
  filter: (at) => `/results?limit=100&dataset=${pick(datasets, at)}&attack=${pick(attacks, at >> 3)}&repeat=${at % 5}`,
  "filter by parameter": (at) =>
    `/results?limit=100&dataset=${pick(datasets, at)}&training.epochs=${10 * (1 + (at % 5))}`,
  "group an experiment": (at) =>
    `/results/groups?by=dataset&by=attack&metric=auc&metric=tpr@0.01&experimentId=${experiment(at)}`,
  "group everything": (at) => `/results/groups?by=${pick(["dataset", "defense", "model"], at)}&by=attack&metric=auc`,
  "combinations of a filter": (at) =>
    `/results/groups?dataset=${pick(datasets, at)}&attack=${pick(attacks, at >> 3)}&defense=${pick(defenses, at >> 5)}`,
  "compare 1,000": (at) => `/results?limit=1000&attack=${pick(attacks, at)}`,
  experiments: () => "/experiments?limit=20",
  jobs: (at) => `/jobs?limit=100&kind=attack&experiment=sweep-${1 + (at % 20)}`,
};

function experiment(at: number): string {
  return (1 + (at % 20)).toString(16).padStart(10, "0");
}

/** The same with a bound that nobody asked for before, so that no answer can have been kept. */
export const fresh: Readonly<Record<string, Questions>> = Object.fromEntries(
  Object.entries(usual)
    .filter(([, question]) => question(0).startsWith("/results"))
    .map(([name, question]) => [`${name}, never twice`, (at: number) => `${question(at)}&auc.min=${unseen(at)}`]),
);

/** Below most results, so that there is as much to do as without. */
function unseen(at: number): number {
  return Number((0.5 + ((at * 7919) % 1_000_000) / 1e8 + process.pid / 1e12).toFixed(14));
}
