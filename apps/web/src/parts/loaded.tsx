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
export function Loaded<Data>({ query, shape = <RowsShape rows={8} />, children }: Props<Data>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ProblemView error={query.error} onRetry={() => void query.refetch()} />;
  return shape;
}

/** So many lines to come. */
function RowsShape({ rows }: { rows: number }) {
  return (
    <div className="shape" role="status" aria-label="loading">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <span key={row} className="shape-row" />
      ))}
    </div>
  );
}

/** A picture to come. */
export function PlotShape() {
  return <div className="shape shape-plot" role="status" aria-label="loading" />;
}
