import type { ReactNode } from "react";
import { ProblemView } from "./problem-view.tsx";

interface Question<Data> {
  data: Data | undefined;
  error: unknown;
  refetch: () => unknown;
}

interface Props<Data> {
  query: Question<Data>;
  /** What is shown until there is an answer: the shape to come. */
  shape?: ReactNode;
  children: (data: Data) => ReactNode;
}

/** A question's answer once it is there, its shape before, and what went wrong instead. What is shown stays while it is asked anew. */
export function Loaded<Data>({ query, shape = <RowsShape />, children }: Props<Data>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ProblemView error={query.error} onRetry={() => void query.refetch()} />;
  return shape;
}

/** Lines to come. */
function RowsShape() {
  return <div className="shape shape-rows" role="status" aria-label="loading" />;
}

/** A picture to come. */
export function PlotShape() {
  return <div className="shape shape-plot" role="status" aria-label="loading" />;
}
