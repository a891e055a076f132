/**
 * Calls `leave` once a worker has had nothing to do for `seconds`, so that a machine rented by the hour is given back.
 *
 * @param idleSince when it last had a job, in milliseconds of the clock; null while it has one
 */
export function leaveWhenIdle(idleSince: () => number | null, seconds: number, leave: () => void): { stop(): void } {
  const look = () => {
    const since = idleSince();
    if (since === null || Date.now() - since < seconds * 1_000) return;
    clearInterval(timer);
    leave();
  };
  const timer = setInterval(look, Math.min(1_000, seconds * 250));
  return { stop: () => clearInterval(timer) };
}
