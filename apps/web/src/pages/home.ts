import { createRoute, redirect } from "@tanstack/react-router";
import { rootRoute } from "../root-route.tsx";

/** Most come to see what runs. */
export const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/experiments", replace: true });
  },
});
