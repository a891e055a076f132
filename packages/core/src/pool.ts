import { fingerprint } from "./fingerprint.ts";

/** What a worker can do. Workers that can do the same are a pool, and have a queue of their own. */
export interface Abilities {
  /** Of the jobs that it runs, besides those that need none. */
  engine: string;
  labels: readonly string[];
  /** Gigabytes for each job. */
  memory: number;
}

/** What an experiment asks of the workers that run its jobs. */
export type Needs = Abilities;

/** Whether workers may run an experiment's jobs; those that need no engine they may run whatever its engine is. */
export function meets({ engine, labels, memory }: Abilities, needs: Needs): boolean {
  return engine === needs.engine && memory >= needs.memory && needs.labels.every((label) => labels.includes(label));
}

/** The name of a pool: what its workers can do, and how they take jobs to be written. */
export function poolName({ engine, labels, memory }: Abilities, protocol: string): string {
  return `${engine}-${fingerprint({ engine, labels: [...new Set(labels)].sort(), memory, protocol }).slice(0, 8)}`;
}

/** For a person: `onnx-cuda, labels a100 gpu, 40 GB`. */
export function describeNeeds({ engine, labels, memory }: Needs): string {
  return [
    engine,
    ...(labels.length > 0 ? [`label${labels.length > 1 ? "s" : ""} ${[...labels].sort().join(" ")}`] : []),
    ...(memory > 0 ? [`${memory} GB a job`] : []),
  ].join(", ");
}
