import { Empty } from "../../parts/empty.tsx";
import type { Filters } from "./view.ts";

/** What stands in place of a picture of nothing. */
export function NoResults({ filters }: { filters: Filters }) {
  if (Object.keys(filters).length > 0) {
    return (
      <Empty title="No result is like this">
        <p>Take one of the filters away; each says how many results have which value.</p>
      </Empty>
    );
  }
  return (
    <Empty title="There are no results yet" command="npm run demo">
      <p>Submit an experiment; its results are compared here as they come in. The demo takes a minute:</p>
    </Empty>
  );
}
