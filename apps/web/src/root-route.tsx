import { createRootRoute, Link } from "@tanstack/react-router";
import { Frame } from "./parts/frame.tsx";
import { Heading } from "./parts/heading.tsx";

export const rootRoute = createRootRoute({
  component: Frame,
  notFoundComponent: NoPage,
});

function NoPage() {
  return (
    <section className="problem">
      <Heading text="There is no such page" />
      <p>
        The address may be cut off or misspelt. <Link to="/experiments">See what runs</Link>, or press <kbd>/</kbd> to
        search.
      </p>
    </section>
  );
}
