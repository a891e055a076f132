import { interpolateCividis } from "d3-scale-chromatic";

/**
 * Okabe and Ito's colours, which most colour-blind people tell apart, for light and for dark pages; those that have less than
 * 3 : 1 on white are darker there. Without their yellow, which is lost on white.
 */
export const tokens = {
  blue: ["#0072b2", "#3d9bd9"],
  vermilion: ["#d55e00", "#e8721a"],
  green: ["#009e73", "#00b383"],
  pink: ["#c76f9f", "#d48ab3"],
  orange: ["#b87a00", "#e69f00"],
  sky: ["#2f95cf", "#8fd0f5"],
  surface: ["#ffffff", "#121212"],
  // Viridis in five steps, for magnitudes of thin lines: its dark end is lost on dark pages, its light one on light ones.
  step1: ["#440154", "#2a788e"],
  step2: ["#472c7a", "#20938c"],
  step3: ["#3b518b", "#43bf71"],
  step4: ["#2c718e", "#9bd93c"],
  step5: ["#218f8d", "#fde725"],
} as const satisfies Record<string, readonly [light: string, dark: string]>;

type Token = keyof typeof tokens;

/** The style that a page with plots needs. Without it, as in a saved file, they have the colours of light pages. */
export const plotStyle = `:root {
${Object.entries(tokens)
  .map(([name, [light, dark]]) => `  --plot-${name}: light-dark(${light}, ${dark});`)
  .join("\n")}
}`;

function token(name: Token): string {
  return `var(--plot-${name}, ${tokens[name][0]})`;
}

export const colors = {
  surface: token("surface"),
  members: token("vermilion"),
  nonMembers: token("blue"),
  accent: token("blue"),
  done: token("green"),
  cached: token("sky"),
  running: token("orange"),
  failed: token("vermilion"),
} as const;

/** Around letters that may stand on lines. */
export const halo = { stroke: colors.surface, "stroke-width": 3, "stroke-opacity": 0.85, "paint-order": "stroke" };

const series = (["blue", "vermilion", "green", "pink", "orange", "sky"] as const).map(token);
const dashes = [undefined, "6 3", "2 2", "8 3 2 3"] as const;

/** How the series of one plot are told apart: colours first, then dashes and shapes, so that 24 lines and 36 kinds of dots differ. */
export function seriesLook(index: number): { color: string; dash: string | undefined; shape: number } {
  const round = Math.floor(index / series.length);
  return {
    color: series[index % series.length] as string,
    dash: dashes[round % dashes.length],
    shape: index + round,
  };
}

/** From the least to the largest. */
export const magnitudeSteps = (["step1", "step2", "step3", "step4", "step5"] as const).map(token);

/** Cividis, from 0 to 1; its grey middle is for what is neither. Not themed: numbers are printed on it. */
export function magnitude(share: number): string {
  return interpolateCividis(Math.min(1, Math.max(0, share)));
}

/** Black or white, whichever is read better on a colour written as `rgb(r, g, b)`. */
export function inkOn(rgb: string): string {
  const [red = 0, green = 0, blue = 0] = (rgb.match(/\d+/g) ?? []).map((byte) => {
    const value = Number(byte) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
}
