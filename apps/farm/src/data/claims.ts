import path from "node:path";
import { InvalidInput, messageOf } from "@shadowfarm/core/errors";
import type { Dataset, Inspected, Located } from "@shadowfarm/ml/unit";

/** Files that a dataset recognized as its own, and has read. */
export interface Claim {
  dataset: Dataset;
  located: Located;
  /** The folder that the files' places are relative to. */
  base: string;
  inspected: Inspected;
}

/** The datasets that recognize files in a folder. What fails to be read is no problem when another dataset can read it. */
export async function claimsOn(
  searched: string,
  datasets: readonly Dataset[],
  file: string | null,
): Promise<{ claims: Claim[]; problems: string[] }> {
  const claims: Claim[] = [];
  const failures: { files: readonly string[]; message: string }[] = [];
  for (const dataset of datasets) {
    let files: readonly string[] = [];
    try {
      const found = await locateIn(dataset, searched);
      if (found === null || (file !== null && !found.located.files.some((one) => isInside(file, one)))) continue;
      files = found.located.files;
      claims.push({ dataset, ...found, inspected: await dataset.inspect(found.located) });
    } catch (error) {
      failures.push({ files, message: messageOf(error) });
    }
  }
  const claimed = new Set(claims.flatMap(({ located }) => located.files));
  const problems = failures.filter(({ files }) => files.length === 0 || !files.every((one) => claimed.has(one)));
  // Beside a file that was asked for, others may be incomplete.
  const own =
    file === null || claims.length === 0
      ? problems
      : problems.filter(({ files }) => files.some((one) => isInside(file, one)));
  return { claims, problems: own.map(({ message }) => message) };
}

/** The files of a dataset that are in a folder, or are that folder itself. */
async function locateIn(dataset: Dataset, searched: string): Promise<Pick<Claim, "located" | "base"> | null> {
  const above = path.dirname(searched);
  for (const base of [searched, above]) {
    // What else is beside a folder that was asked for may be incomplete.
    const located = await dataset.locate([base]).catch((error: unknown) => {
      if (base === searched) throw error;
      return null;
    });
    if (located?.files.every((file) => isInside(file, searched))) {
      return { located, base: (await innerBase(dataset, located, base)) ?? base };
    }
  }
  return null;
}

/** The folder in `base` that the files are all in, when the dataset finds them there too. */
async function innerBase(dataset: Dataset, { files }: Located, base: string): Promise<string | null> {
  const [inner = ""] = path.relative(base, files[0] as string).split(path.sep);
  const folder = path.join(base, inner);
  const again = await dataset.locate([folder]).catch(() => null);
  return again?.files.join() === files.join() ? folder : null;
}

/**
 * Claims on the same files with the same content together: such datasets may have their files in common.
 *
 * @throws {InvalidInput} when datasets claim the same files and do not agree on what they are
 */
export function groupClaims(claims: readonly Claim[]): Claim[][] {
  const groups = new Map<string, Claim[]>();
  for (const claim of claims) {
    const key = [claim.inspected.checksum, ...claim.located.files].join();
    groups.set(key, [...(groups.get(key) ?? []), claim]);
  }
  const owners = new Map<string, Claim[]>();
  for (const group of groups.values()) {
    for (const file of group[0]?.located.files ?? []) {
      const other = owners.get(file);
      if (other !== undefined) throw ambiguous([...other, ...group]);
      owners.set(file, group);
    }
  }
  return [...groups.values()];
}

export function ambiguous(claims: readonly Claim[]): InvalidInput {
  const names = claims.map(({ dataset }) => dataset.name).join(" or ");
  return new InvalidInput(`${claims[0]?.located.files[0]} may be of ${names}; say which with --name`);
}

/** Whether a file or folder is in a folder, or is it itself. */
export function isInside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return !path.isAbsolute(relative) && relative.split(path.sep)[0] !== "..";
}
