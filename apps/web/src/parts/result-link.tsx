import { Link } from "@tanstack/react-router";

/** Leads to the page of a result, by its key. */
export function ResultLink({ name }: { name: string }) {
  return (
    <Link to="/results/$key" params={{ key: name }}>
      {name.slice(0, 10)}
    </Link>
  );
}
