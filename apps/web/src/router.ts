import { createRouter } from "@tanstack/react-router";
import { compareRoute } from "./pages/compare.tsx";
import { experimentRoute } from "./pages/experiment.tsx";
import { experimentsRoute } from "./pages/experiments.tsx";
import { homeRoute } from "./pages/home.ts";
import { submitRoute } from "./pages/submit.tsx";
import { BrokenPage } from "./parts/broken-page.tsx";
import { rootRoute } from "./root-route.tsx";
import { parseSearch, stringifySearch } from "./url-search.ts";

/** Every page. One more is a file in `pages/` and its line here; what the header links to is in `navigation.ts`. */
const routes = rootRoute.addChildren([homeRoute, experimentsRoute, experimentRoute, submitRoute, compareRoute]);

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
