import { z } from "zod";

// What the answers of the API are made of, for those who serve it and those who ask; the files beside this are by subject.

export const time = z.iso.datetime();
export const count = z.int().min(0);
export const params = z.record(z.string(), z.unknown());
export const nextCursor = z
  .string()
  .nullable()
  .describe("give it as `cursor` for the next page; null: this is the last");
export const interval = z.tuple([z.number(), z.number()]);

export const summary = z.object({
  n: count.describe("results that have a value"),
  mean: z.number().nullable(),
  sd: z.number().nullable().describe("of a sample (n − 1); null when n < 2"),
  low: z.number().nullable(),
  high: z.number().nullable(),
});
