import type { Step } from "./compute.ts";

/** More are no help to whoever looks at them. */
const MOST = 100;

/** Times the steps of a run, the first of them. */
export function timeSteps(): { taken: Step[]; time<T>(name: string, work: () => Promise<T>): Promise<T> } {
  const taken: Step[] = [];
  return {
    taken,
    async time(name, work) {
      const start = Date.now();
      try {
        return await work();
      } finally {
        if (taken.length < MOST) taken.push({ name, start, end: Date.now() });
      }
    },
  };
}
