import type { ScoreHistogram } from "@shadowfarm/core/histogram";
import { axisX, axisY, LEFT, scaleOf } from "./axes.ts";
import { boxEntry, legend } from "./legend.ts";
import { emptyPicture, hatch, line, picture, sized } from "./marks.ts";
import { element, type Markup } from "./markup.ts";
import { colors } from "./theme.ts";
import { shortNumber, tooltip } from "./words.ts";

interface Options {
  title: string;
  synthetic: boolean;
  label?: string;
  width?: number;
}

/** Scores of members above the axis, of non-members below it, as shares of each side: of chance, the two mirror each other. */
export function plotScoreHistogram(
  { edges, members, nonMembers }: ScoreHistogram,
  { title, synthetic, label = "score (higher: likelier a member)", width = 420 }: Options,
): Markup {
  const about = {
    title,
    description:
      "Shares of members above the line and of non-members below it, by score. At chance the two mirror each other.",
  };
  const sides = [
    { name: "members", counts: members, sign: 1, color: colors.members },
    { name: "non-members", counts: nonMembers, sign: -1, color: colors.nonMembers },
  ].map((side) => ({ ...side, total: side.counts.reduce((sum, count) => sum + count, 0) }));
  const most = Math.max(0, ...sides.flatMap(({ counts, total }) => counts.map((count) => count / Math.max(1, total))));
  if (most === 0) return emptyPicture(about, width);
  const above = legend(
    [
      ...sides.map(({ name, total, color }) => boxEntry(`${name} (n ${total})`, color)),
      ...(synthetic ? [boxEntry("SYNTHETIC data", "none", hatch)] : []),
    ],
    { left: 0, top: 0, width },
  );
  const box = { left: LEFT, top: above.height + 26, right: width - 14, bottom: above.height + 186 };
  const x = scaleOf([edges[0] as number, edges.at(-1) as number], [box.left, box.right]);
  const y = scaleOf([-most, most], [box.bottom, box.top]);
  return picture(
    { ...about, width, height: box.bottom + 42 },
    above.marks,
    synthetic ? hatch(box) : [],
    axisX(x, box, { label }),
    axisY(y, box, { label: "share of each side", format: (share) => `${shortNumber(Math.abs(100 * share))} %` }),
    sides.flatMap(({ name, counts, sign, color, total }) =>
      counts.flatMap((count, bin) => {
        if (count === 0) return [];
        const [from, to] = [edges[bin] as number, edges[bin + 1] as number];
        const end = y((sign * count) / total);
        const place = {
          left: x(from) + 0.5,
          right: x(to) - 0.5,
          top: Math.min(y(0), end),
          bottom: Math.max(y(0), end),
        };
        const said = `${count} ${name} from ${shortNumber(from)} to ${shortNumber(to)}`;
        return element("rect", { ...sized(place), fill: color, "data-key": `${name}/${bin}` }, tooltip(said));
      }),
    ),
    line(box.left, y(0), box.right, y(0)),
  );
}
