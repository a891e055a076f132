import { canonicalJson } from "./fingerprint.ts";

/** At least one. */
export type Group<Item> = [Item, ...Item[]];

/** Items whose keys are equal as JSON together, in the order in which they come up. */
export function groupsBy<Item>(items: readonly Item[], keyOf: (item: Item) => unknown): Group<Item>[] {
  const groups = new Map<string, Group<Item>>();
  for (const item of items) {
    const key = canonicalJson(keyOf(item));
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}
