/** Notices a worker that takes no jobs although it could. */
export interface Takes {
  /** A message came. */
  taken(): void;
  /** To be called at intervals; opens the consumer anew when messages have waited beside free slots for too long. */
  look(): Promise<void>;
  /** What is wrong; null when nothing is. */
  problem(): string | null;
}

/** What is looked at, and done about it. */
export interface TakesOptions {
  patienceMs: number;
  /** Whether there is a slot for another job. */
  free(): boolean;
  /** Messages that wait for workers like this one. */
  waiting(): Promise<number>;
  reopen(problem: string): Promise<void>;
  now?: () => number;
}

export function watchTakes({ patienceMs, free, waiting, reopen, now = () => performance.now() }: TakesOptions): Takes {
  let last = now();
  let since: number | null = null;
  let problem: string | null = null;
  return {
    taken() {
      last = now();
      since = null;
      problem = null;
    },
    async look() {
      // Whoever took something a moment ago needs no question to the queue.
      if (!free() || now() - last < patienceMs) {
        since = null;
        return;
      }
      const messages = await waiting();
      if (messages === 0) {
        since = null;
        problem = null;
        return;
      }
      since ??= now();
      if (now() - since < patienceMs) return;
      since = null;
      problem = `${messages} messages wait, and none came in ${Math.round((now() - last) / 1_000)} s although there are free slots`;
      await reopen(problem);
    },
    problem: () => problem,
  };
}
