import { linkOptions } from "@tanstack/react-router";

/** What the header links to, and the letter that goes there after `g`. */
export const navigation = [
  { ...linkOptions({ to: "/experiments" }), label: "Experiments", letter: "e" },
  { ...linkOptions({ to: "/compare" }), label: "Compare", letter: "c" },
] as const;
