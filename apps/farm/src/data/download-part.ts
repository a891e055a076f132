import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { z } from "zod";

/** What must be known of a cut download to ask for the rest of it. It is kept beside the part, which may be another day's. */
const noteSchema = z.strictObject({
  url: z.string(),
  /** ETag or Last-Modified: the server's name for exactly these bytes. Null when it gave none. */
  validator: z.string().nullable(),
  /** Bytes of the whole; null when the server did not say. */
  total: z.number().nullable(),
});

export type PartNote = z.infer<typeof noteSchema>;

/** What has arrived so far of a file, and where it came from; null when there is nothing that could be gone on with. */
export async function keptPart(part: string): Promise<(PartNote & { bytes: number }) | null> {
  try {
    const [{ size }, note] = await Promise.all([stat(part), readFile(noteOf(part), "utf8")]);
    const parsed = noteSchema.parse(JSON.parse(note));
    return size === 0 || (parsed.total !== null && size > parsed.total) ? null : { ...parsed, bytes: size };
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError) return null;
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Makes room for a new part. The old one goes first, so that a note never stands beside another download's bytes. */
export async function beginPart(part: string, note: PartNote): Promise<void> {
  await dropPart(part);
  await writeFile(noteOf(part), JSON.stringify(note));
}

export async function dropPart(part: string): Promise<void> {
  await rm(part, { force: true });
  await dropNote(part);
}

export async function dropNote(part: string): Promise<void> {
  await rm(noteOf(part), { force: true });
}

function noteOf(part: string): string {
  return `${part}.json`;
}
