import * as Plot from "@observablehq/plot";

/** Okabe and Ito's colours, which most colour-blind people tell apart; for black the text's, which is light on dark. */
export const colors = {
  members: "#d55e00",
  nonMembers: "#0072b2",
  series: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "currentColor", "#f0e442"],
} as const;

/** What all plots have in common: one font, and room for labels. */
const common = {
  style: { fontFamily: "system-ui, sans-serif", fontSize: "12px", overflow: "visible" },
  marginLeft: 52,
  marginBottom: 42,
};

/**
 * A plot as an element of the given document: the browser's, or one that only serializes, as the report and the tests have.
 * Without a figure around it, so that it can be saved as it is; legends are written into it.
 */
export function draw(options: Plot.PlotOptions & { ariaLabel: string }, document: Document): Element {
  const drawn = Plot.plot({
    ...common,
    ...options,
    x: { labelAnchor: "center", labelOffset: 36, ...options.x },
    document,
    figure: false,
  } as Plot.PlotOptions);
  drawn.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  drawn.setAttribute("role", "img");
  return drawn;
}
