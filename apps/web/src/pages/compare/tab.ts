import type { Filters, View } from "./view.ts";

/** What each picture is given: the view, what it chooses, and how to change it. */
export interface TabProps {
  view: View;
  filters: Filters;
  /** @param replace whether the way back leads past the view before */
  change: (changes: Partial<View>, replace?: boolean) => void;
}
