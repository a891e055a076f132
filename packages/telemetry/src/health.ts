import { messageOf } from "@shadowfarm/core/errors";
import { within } from "./within.ts";

/** What is wrong with a process, by the name of the part that it is wrong with. */
export interface Problem {
  what: string;
  problem: string;
}

/** A loop that shows that it runs. */
export interface Pulse {
  /** The loop runs. */
  beat(): void;
}

/** Watches loops: one that did not beat in time is stuck. */
export function watchPulses(now: () => number = () => performance.now()) {
  const pulses = new Map<string, { beaten: number; patienceMs: number }>();
  return {
    pulse(what: string, patienceMs: number): Pulse {
      const beat = () => {
        pulses.set(what, { beaten: now(), patienceMs });
      };
      beat();
      return { beat };
    },
    stuck(): Problem[] {
      return [...pulses].flatMap(([what, { beaten, patienceMs }]) => {
        const silentMs = now() - beaten;
        if (silentMs <= patienceMs) return [];
        return [{ what, problem: `did not run for ${seconds(silentMs)} s; it should within ${seconds(patienceMs)} s` }];
      });
    },
  };
}

/** Resolves when a part does what it is for. */
export type Check = () => Promise<unknown>;

/**
 * Makes one check of several that are named. A check that hangs is reported after a while and not started again before it
 * has ended, so that asking often does no harm.
 */
export function watchChecks(withinMs = 3_000) {
  const checks = new Map<string, Check>();
  const pending = new Map<string, Promise<unknown>>();

  const ask = async (what: string, check: Check): Promise<Problem[]> => {
    let asked = pending.get(what);
    if (!asked) {
      asked = check().finally(() => pending.delete(what));
      pending.set(what, asked);
    }
    try {
      await within(asked, withinMs);
      return [];
    } catch (error) {
      return [{ what, problem: lastLine(messageOf(error)) }];
    }
  };
  return {
    check(what: string, check: Check): void {
      checks.set(what, check);
    },
    async failing(): Promise<Problem[]> {
      return (await Promise.all([...checks].map(([what, check]) => ask(what, check)))).flat();
    },
  };
}

/** Prisma's messages begin with the call; the reason is at their end. */
function lastLine(message: string): string {
  return message.trim().split("\n").at(-1) ?? message;
}

function seconds(ms: number): string {
  return String(Math.round(ms / 100) / 10);
}
