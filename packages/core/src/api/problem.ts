import { z } from "zod";

/** An error, after RFC 9457. */
export const problemSchema = z.object({
  type: z.string().describe("names the kind of problem; stable"),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe("names the value, the place and the remedy"),
  errors: z
    .array(z.object({ in: z.enum(["path", "query", "body"]), path: z.string(), message: z.string() }))
    .optional()
    .describe("each thing that is wrong, and where"),
  allowed: z.array(z.string()).optional().describe("what may be given instead of something unknown"),
});

export type ProblemDocument = z.infer<typeof problemSchema>;
