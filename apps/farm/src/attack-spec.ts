import { InvalidInput } from "@shadowfarm/core/errors";
import { suggestion } from "@shadowfarm/core/suggestion";
import { problemsOf, show } from "@shadowfarm/core/validation";
import { attacks } from "@shadowfarm/ml/attacks/index";
import type { Attack } from "@shadowfarm/ml/unit";

/** An attack as the command line names it. */
export interface AttackSpec {
  /** As it was written. */
  text: string;
  attack: Attack;
  /** The parameters that were written, all of them acceptable to its schema. */
  given: Record<string, unknown>;
}

const known: Readonly<Record<string, Attack>> = attacks;

/** Every attack with its defaults. */
export const allAttacks: readonly AttackSpec[] = Object.entries(known).map(([text, attack]) => ({
  text,
  attack,
  given: {},
}));

/**
 * Reads `lira:variant=offline,spread=raw`: a name, and parameters whose values are JSON where they can be, else text.
 *
 * @throws {InvalidInput} with every problem found.
 */
export function parseAttack(text: string): AttackSpec {
  const [name, ...rest] = text.split(":") as [string, ...string[]];
  const refuse = (...problems: string[]) => new InvalidInput(problems.map((problem) => `--attack ${text}: ${problem}`));
  const attack = Object.hasOwn(known, name) ? known[name] : undefined;
  if (!attack) throw refuse(`unknown attack ${show(name)}; ${suggestion(name, Object.keys(known))}`);
  const given = new Map<string, unknown>();
  for (const assignment of rest.length === 0 ? [] : rest.join(":").split(",")) {
    const [key, ...value] = assignment.split("=") as [string, ...string[]];
    if (value.length === 0) throw refuse(`${show(assignment)} is no parameter; write name=value`);
    if (given.has(key)) throw refuse(`${show(key)} is given twice; remove one`);
    given.set(key, valueIn(value.join("=")));
  }
  const params = Object.fromEntries(given);
  const parsed = attack.params.partial().safeParse(params);
  if (parsed.success) return { text, attack, given: params };
  const problems = problemsOf(parsed.error, params, () => Object.keys(attack.params.shape));
  throw refuse(...problems.map(({ path, message }) => `${path.join(".")}: ${message}`));
}

function valueIn(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? text : value;
  } catch {
    // Such as .5, which JSON does not know.
    return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
  }
}
