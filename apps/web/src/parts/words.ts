/** A length of time as people say it: 8 s, 3 min, 2 h 10 min, 4 d 3 h. */
export function durationText(seconds: number): string {
  if (seconds < 1) return seconds === 0 ? "0 s" : "< 1 s";
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const left = hours % 24;
  return `${Math.floor(hours / 24)} d${left === 0 ? "" : ` ${left} h`}`;
}

/** A moment in the reader's own time, to the minute. */
export function timeText(iso: string): string {
  const date = new Date(iso);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** `1 job`, `12 jobs`. */
export function countOf(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** A value of a parameter on one line. */
export function valueText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The order of names in which people look for them: numbers in them as numbers. */
export function byName(one: string, other: string): number {
  return one.localeCompare(other, "en", { numeric: true });
}
