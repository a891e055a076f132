import type { Sign } from "@shadowfarm/store/jobs";

/** Who has not looked for so long has not seen who was silent. */
const BLIND_MS = 5_000;

/**
 * Tells which running jobs are silent: those whose sign of life has not changed for so long while this process looked, by its own
 * steady clock. So neither a clock that is set nor an absence of the database, during which nobody could give a sign, makes a
 * living worker's job count as lost.
 *
 * @returns to be called with every look and the milliseconds of a steady clock
 */
export function openSilence(silentMs: number): (signs: readonly Sign[], nowMs: number) => Sign[] {
  let seen = new Map<string, { sign: Sign; since: number }>();
  let looked = Number.NEGATIVE_INFINITY;
  return (signs, nowMs) => {
    if (nowMs - looked > BLIND_MS) seen = new Map();
    looked = nowMs;
    seen = new Map(
      signs.map((sign) => {
        const before = seen.get(sign.key);
        const same = before?.sign.fence === sign.fence && before.sign.at === sign.at;
        return [sign.key, { sign, since: same ? before.since : nowMs }];
      }),
    );
    return [...seen.values()].filter(({ since }) => nowMs - since >= silentMs).map(({ sign }) => sign);
  };
}
