import { suggestion } from "@shadowfarm/core/suggestion";
import { problemsOf } from "@shadowfarm/core/validation";
import { z } from "zod";
import { type Defense, type DefenseUse, defineDefense } from "../defense.ts";

/** A defense as an experiment file names it: its name, or its name and parameters, of which none is a sweep here. */
const member = z.union([z.string(), z.looseObject({ name: z.string() })]);

/** Two defenses at once, the second on top of the first; a third goes into the second's place as `combined` again. */
export const combined = (others: Readonly<Record<string, Defense>>) => {
  const known = (): Readonly<Record<string, Defense>> => ({ ...others, combined: unit as Defense });
  /** Name and all parameters, so that equal defenses are equal however they were written. */
  const settled = member.transform((given, context) => {
    const { name, ...params } = typeof given === "string" ? { name: given } : given;
    const named = Object.hasOwn(known(), name) ? known()[name] : undefined;
    if (!named) {
      const message = `unknown defense "${name}"; ${suggestion(name, Object.keys(known()))}`;
      context.issues.push({ code: "custom", input: given, message });
      return z.NEVER;
    }
    const parsed = named.params.safeParse(params);
    if (parsed.success) return { name, ...parsed.data };
    for (const { path, message } of problemsOf(parsed.error, params, () => Object.keys(named.params.shape))) {
      context.issues.push({ code: "custom", input: given, message: `${path.join(".")}: ${message}` });
    }
    return z.NEVER;
  });
  const memberOf = ({ name, ...params }: { name: string }): DefenseUse => ({ unit: known()[name] as Defense, params });
  const unit = defineDefense({
    name: "combined",
    title: "Two defenses at once",
    paper: "Salem et al. 2019, §VI",
    version: 1,
    params: z.strictObject({
      first: settled.describe("the one that comes first, with its parameters"),
      second: settled.describe("the one on top of it"),
    }),
    combines: (params) => [memberOf(params.first), memberOf(params.second)],
  });
  return unit;
};
