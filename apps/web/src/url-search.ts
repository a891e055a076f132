import { z } from "zod";

/** The search of a URL as text has it: what is given several times is a list. The API reads it the same way. */
export type UrlSearch = Record<string, string | string[]>;

export function parseSearch(text: string): UrlSearch {
  const search = new URLSearchParams(text);
  const names = [...new Set(search.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const values = search.getAll(name);
      return [name, values.length === 1 ? (values[0] as string) : values];
    }),
  );
}

/** With a question mark, unless there is nothing to say. */
export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    for (const one of [value].flat()) if (one !== undefined && one !== null) parts.append(name, String(one));
  }
  const text = parts.toString();
  return text === "" ? "" : `?${text}`;
}

/** A part of a search that may be given once, several times or not at all. */
export function listOf<Item extends z.ZodType<unknown, string>>(item: Item) {
  return z
    .union([item.transform((one) => [one]), z.array(item)])
    .optional()
    .transform((list) => (list ?? []) as z.output<Item>[]);
}
