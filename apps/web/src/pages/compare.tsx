import { createRoute, Link } from "@tanstack/react-router";
import { Heading } from "../parts/heading.tsx";
import { rootRoute } from "../root-route.tsx";
import { CurveTab } from "./compare/curve-tab.tsx";
import { FilterBar } from "./compare/filter-bar.tsx";
import { FrontierTab } from "./compare/frontier-tab.tsx";
import { MatrixTab } from "./compare/matrix-tab.tsx";
import { ParallelTab } from "./compare/parallel-tab.tsx";
import { RocTab } from "./compare/roc-tab.tsx";
import { TableTab } from "./compare/table-tab.tsx";
import { filtersIn, type Tab, tabs, type View, viewSchema } from "./compare/view.ts";

/** Which dataset leaks, under which attack; what a defense costs; how it scales: any results side by side. */
export const compareRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/compare",
  validateSearch: viewSchema,
  component: ComparePage,
});

const pictures = {
  matrix: MatrixTab,
  roc: RocTab,
  frontier: FrontierTab,
  curve: CurveTab,
  parallel: ParallelTab,
  table: TableTab,
} as const;

function ComparePage() {
  const view = compareRoute.useSearch();
  const navigate = compareRoute.useNavigate();
  const filters = filtersIn(view);
  const change = (changes: Partial<View>, replace = false) =>
    void navigate({ search: (before) => ({ ...before, ...changes }), replace, resetScroll: false });
  const Picture = pictures[view.tab];
  return (
    <>
      <Heading text="Compare" />
      <FilterBar filters={filters} change={change} />
      <nav className="tabs" aria-label="Pictures">
        {(Object.keys(tabs) as Tab[]).map((tab) => (
          <Link
            key={tab}
            from="/compare"
            search={(before) => ({ ...before, tab, pick: undefined })}
            aria-current={tab === view.tab ? "page" : undefined}
            resetScroll={false}
          >
            {tabs[tab]}
          </Link>
        ))}
      </nav>
      <Picture view={view} filters={filters} change={change} />
    </>
  );
}
