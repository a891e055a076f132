import { existsSync } from "node:fs";
import path from "node:path";
import type { Download } from "@shadowfarm/core/catalog";
import { lookUp } from "@shadowfarm/ml/known-datasets";
import type { Dataset } from "@shadowfarm/ml/unit";
import { type Downloaded, isVerified } from "./download.ts";
import { homeOf } from "./known-datasets.ts";

/** A file that is wanted, where it belongs, and what became of it; several datasets may have it in common. */
export interface Task {
  wanted: Download;
  /** The searched folder. */
  folder: string;
  /** The dataset's folder in it. */
  home: string;
  outcome: Downloaded | { state: "kept" } | null;
}

export function placeOf({ folder, home, wanted }: Task): string {
  return path.join(folder, home, wanted.file);
}

/** The files of a dataset's official distribution; those that need no download have their outcome already. */
export async function tasksOf(dataset: Dataset, folder: string): Promise<Task[]> {
  const tasks: Task[] = [];
  const home = homeOf(dataset);
  for (const wanted of dataset.downloads) {
    const verified = await isVerified(wanted, path.join(folder, home));
    tasks.push({ wanted, folder, home, outcome: verified ? { state: "present" } : null });
  }
  // A file under an official name may rightly be another, such as a subset; one that cannot be read is replaced.
  const others = tasks.filter((task) => task.outcome === null && existsSync(placeOf(task)));
  const found = others.length > 0 ? await lookUp(dataset, [folder]) : null;
  const readable = found?.state === "present" ? found.located.files : [];
  for (const task of others) if (readable.includes(placeOf(task))) task.outcome = { state: "kept" };
  return tasks;
}
