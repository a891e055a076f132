import {
  bestAccuracyAt,
  type Frontier,
  type FrontierPoint,
  type Leak,
  type LeakMetric,
  leakOf,
  type Measured,
  paretoSet,
} from "@shadowfarm/core/frontier";
import { catalog } from "@shadowfarm/ml/catalog";
import type { ResultRow } from "@shadowfarm/store/results";
import { nameOf, type TableContent } from "./tables.ts";

/** How a metric is called where people read it. */
export const leakTitles: Readonly<Record<LeakMetric, string>> = {
  auc: "AUC",
  "tpr@0.1": "TPR@10%",
  "tpr@0.01": "TPR@1%",
  "tpr@0.001": "TPR@0.1%",
};

/** The defenses of one setting, the most accurate first, and which of them no other beats. */
export function frontierTable({ points }: Frontier<ResultRow>, metric: LeakMetric): TableContent {
  const right = "right" as const;
  const best = new Set(paretoSet(points, metric));
  // Where all were attacked alike there is nothing to say.
  const unlike = !attackedAlike(points);
  return {
    columns: [
      { title: "defense" },
      { title: "frontier" },
      { title: "n", align: right },
      { title: "test acc [95 %]", align: right },
      { title: `${leakTitles[metric]} [95 %]`, align: right },
      { title: "strongest attack" },
      ...(unlike ? [{ title: "of attacks", align: right }] : []),
    ],
    rows: [...points]
      .sort(
        (one, other) =>
          other.accuracy.mean - one.accuracy.mean || (leakOf(one, metric) ?? 1) - (leakOf(other, metric) ?? 1),
      )
      .map((point) => {
        const leak = point.leaks[metric];
        return [
          defenseName(point),
          leak === null ? "n/a" : best.has(point) ? "Pareto" : "beaten",
          leak === null || leak.n === point.accuracy.n ? String(point.accuracy.n) : `${point.accuracy.n}, ${leak.n}`,
          withInterval(point.accuracy),
          leakText(leak),
          leak === null ? "n/a" : attackName(leak),
          ...(unlike ? [String(point.byAttack.length)] : []),
        ];
      }),
  };
}

/** A row a defense, a column an attack. */
export function attacksTable({ points }: Frontier<ResultRow>, metric: LeakMetric): TableContent {
  const attacks = [...new Set(points.flatMap(({ byAttack }) => byAttack.map(attackName)))];
  return {
    columns: [{ title: "defense" }, ...attacks.map((title) => ({ title, align: "right" as const }))],
    rows: points.map((point) => {
      const leaks = new Map(point.byAttack.map((own) => [attackName(own), own.leaks[metric]]));
      return [defenseName(point), ...attacks.map((attack) => leakText(leaks.get(attack) ?? null))];
    }),
  };
}

/** The answer to "how accurate can a model be that leaks at most so much?" */
export function bestLine({ points }: Frontier<ResultRow>, metric: LeakMetric, atMost: number): string {
  const question = `best accuracy at ${leakTitles[metric]} ≤ ${atMost}`;
  const best = bestAccuracyAt(points, { metric, atMost });
  if (best === null) return `${question}: no defense here leaks so little`;
  const said = `${question}: ${accuracyText(best.point, metric)}`;
  if (best.certain) return `${said}; its 95 % interval keeps to it`;
  const certain = bestAccuracyAt(points, { metric, atMost, certainly: true });
  const instead = certain ? accuracyText(certain.point, metric) : "none of them";
  return `${said}; only its mean keeps to it, with its 95 % interval: ${instead}`;
}

/** What a reader must know before comparing the rows, a line each. */
export function caveatsOf({ points }: Frontier<ResultRow>, metric: LeakMetric): string[] {
  const blind = points.filter(({ leaks }) => leaks[metric] !== null && leaks[metric].noSignal === leaks[metric].n);
  return [
    ...(attackedAlike(points) ? [] : ["Not all defenses were attacked alike: where fewer attacks ran, less may show."]),
    ...blind.map(
      (point) =>
        `No attack saw anything of ${defenseName(point)} (no signal), which is not to say that it leaks nothing.`,
    ),
    ...points.flatMap((point) => hiddenOnly(point) ?? []),
  ];
}

/** By how much an attack must fall short of the labels alone before answers pass for hidden. */
const SHORT = 0.05;

/**
 * A defense that misleads an attack on scores below what labels alone tell has hidden its answers, and not what the model
 * memorized: MemGuard as Song & Mittal 2021 found it.
 */
function hiddenOnly(point: FrontierPoint): string | null {
  if (!catalog.defenses[point.defense]?.changesAnswers(point.defenseParams)) return null;
  const leaks = point.byAttack.flatMap(({ leaks: { auc } }) => auc ?? []).sort((one, other) => one.mean - other.mean);
  const labels = leaks.find(({ attack }) => attack === "gap");
  const [misled, most] = [leaks[0], leaks.at(-1)];
  if (!labels || !misled || !most || misled.mean >= labels.mean - SHORT) return null;
  const others = most === labels ? "" : `, and ${attackName(most)} ${most.mean.toFixed(3)}`;
  return `${defenseName(point)} misleads ${attackName(misled)} (AUC ${misled.mean.toFixed(3)}), but the labels alone tell ${labels.mean.toFixed(3)}${others}: it hides answers, not what the model has memorized.`;
}

export function defenseName({ defense, defenseParams }: Pick<FrontierPoint, "defense" | "defenseParams">): string {
  return nameOf(catalog.defenses[defense], defense, defenseParams);
}

export function attackName({
  attack,
  attackParams,
  attacker,
}: Pick<Leak, "attack" | "attackParams" | "attacker">): string {
  const name = nameOf(catalog.attacks[attack], attack, attackParams);
  return attacker === "aware" ? name : `${name}, unaware`;
}

export function withInterval({ mean, low, high }: Measured): string {
  return `${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}

function attackedAlike(points: readonly FrontierPoint[]): boolean {
  // Of what is not defended, nobody is unaware.
  const attacks = points.map(({ byAttack }) =>
    byAttack
      .filter(({ attacker }) => attacker === "aware")
      .map(attackName)
      .sort()
      .join("; "),
  );
  return new Set(attacks).size <= 1;
}

function leakText(leak: Leak | null): string {
  if (leak === null) return "n/a";
  const dead = leak.noSignal === 0 ? "" : leak.n === 1 ? " (no signal)" : ` (${leak.noSignal} of ${leak.n} no signal)`;
  return withInterval(leak) + dead;
}

function accuracyText(point: FrontierPoint, metric: LeakMetric): string {
  const leak = point.leaks[metric] as Leak;
  return `${defenseName(point)} has ${withInterval(point.accuracy)} at ${leakText(leak)} by ${attackName(leak)}`;
}
