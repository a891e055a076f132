/** Answers to expensive questions, kept while nothing changed. */
export interface Answers {
  /** @param version of what the answer is made from */
  ask<T>(question: string, version: () => Promise<number>, find: () => Promise<T>): Promise<T>;
}

interface Kept {
  answer: Promise<unknown>;
  version: number;
  at: number;
}

const MOST = 500;
/** While results come in many times a second, an answer may be so old. */
const FRESH_MS = 2_000;

/** Asks once however many want to know, and again when the version has changed. */
export function keepAnswers(now: () => number = () => performance.now()): Answers {
  const kept = new Map<string, Kept>();
  return {
    async ask<T>(question: string, versionNow: () => Promise<number>, find: () => Promise<T>): Promise<T> {
      const before = kept.get(question);
      if (before && now() - before.at < FRESH_MS) return before.answer as Promise<T>;
      const version = await versionNow();
      const meanwhile = kept.get(question);
      if (meanwhile && (meanwhile !== before || meanwhile.version === version)) {
        meanwhile.at = now();
        return meanwhile.answer as Promise<T>;
      }
      const answer = find();
      const mine = { answer, version, at: now() };
      kept.delete(question);
      kept.set(question, mine);
      // Maps are in order of insertion: the first was asked for anew the longest ago.
      for (const oldest of kept.keys()) if (kept.size > MOST) kept.delete(oldest);
      answer.catch(() => {
        if (kept.get(question) === mine) kept.delete(question);
      });
      return answer;
    },
  };
}
