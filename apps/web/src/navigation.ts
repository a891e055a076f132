import { linkOptions } from "@tanstack/react-router";

/** What the header links to, and the letter that goes there after `g`. */
export const navigation = [
  { ...linkOptions({ to: "/experiments" }), label: "Experiments", letter: "e" },
  { ...linkOptions({ to: "/compare" }), label: "Compare", letter: "c" },
  { ...linkOptions({ to: "/papers" }), label: "Papers", letter: "p" },
  { ...linkOptions({ to: "/workers" }), label: "Workers", letter: "w" },
  { ...linkOptions({ to: "/datasets" }), label: "Datasets", letter: "d" },
  { ...linkOptions({ to: "/catalog" }), label: "Catalogue", letter: "k" },
] as const;
