import { createRouter } from "@tanstack/react-router";
import { catalogRoute } from "./pages/catalog.tsx";
import { compareRoute } from "./pages/compare.tsx";
import { datasetsRoute } from "./pages/datasets.tsx";
import { experimentRoute } from "./pages/experiment.tsx";
import { experimentsRoute } from "./pages/experiments.tsx";
import { homeRoute } from "./pages/home.ts";
import { paperRoute } from "./pages/paper.tsx";
import { papersRoute } from "./pages/papers.tsx";
import { resultRoute } from "./pages/result.tsx";
import { submitRoute } from "./pages/submit.tsx";
import { unitRoute } from "./pages/unit.tsx";
import { workersRoute } from "./pages/workers.tsx";
import { BrokenPage } from "./parts/broken-page.tsx";
import { rootRoute } from "./root-route.tsx";
import { parseSearch, stringifySearch } from "./url-search.ts";

/** Every page. One more is a file in `pages/` and its line here; what the header links to is in `navigation.ts`. */
const routes = rootRoute.addChildren([
  homeRoute,
  experimentsRoute,
  experimentRoute,
  submitRoute,
  compareRoute,
  resultRoute,
  papersRoute,
  paperRoute,
  workersRoute,
  datasetsRoute,
  catalogRoute,
  unitRoute,
]);

export const router = createRouter({
  routeTree: routes,
  parseSearch,
  stringifySearch,
  defaultErrorComponent: BrokenPage,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
