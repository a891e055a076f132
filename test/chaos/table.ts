/** How a farm came out of one fault; in seconds. */
export interface Recovery {
  fault: string;
  /** After it had struck until all that had run where it struck was done or ran again. */
  restarted: number;
  /** After it was over until what it had struck had done a job that it began after. */
  back: number;
}

/** The recoveries by fault, as a Markdown table. */
export function tableOf(recoveries: readonly Recovery[]): string {
  const names = [...new Set(recoveries.map(({ fault }) => fault))].sort();
  const rows = names.map((name) => {
    const own = recoveries.filter(({ fault }) => fault === name);
    const of = (what: "restarted" | "back") => own.map((one) => one[what]).sort((a, b) => a - b);
    const both = (what: "restarted" | "back") =>
      `${median(of(what)).toFixed(1)} s, ${(of(what).at(-1) ?? 0).toFixed(1)} s`;
    return [name, own.length, both("restarted"), both("back")];
  });
  const head = ["fault", "times", "its jobs run again: median, max", "at work again: median, max"];
  const all = [head, head.map(() => "---"), ...rows];
  return all.map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function median(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 ? middle : middle - 1], sorted[middle]];
  return ((low ?? 0) + (high ?? 0)) / 2;
}
