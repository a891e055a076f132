import { Link, SearchParamError } from "@tanstack/react-router";
import { ApiError } from "../api.ts";

/** What failed, and how to go on. */
export function ProblemView({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, detail, errors = [], allowed = [], status } = problemOf(error);
  const said = errors.length > 0 ? errors.map(({ path, message }) => ({ path, message })) : linesOf(detail);
  return (
    <section className="problem" role="alert">
      <h2>{title}</h2>
      {said.map(({ path, message }) => (
        <p key={`${path} ${message}`}>
          {path !== "" && <code>{path}</code>} {message}
        </p>
      ))}
      {allowed.length > 0 && (
        <details>
          <summary>What may be given</summary>
          <p className="allowed">
            {allowed.map((name) => (
              <code key={name}>{name} </code>
            ))}
          </p>
        </details>
      )}
      <p className="actions">
        {onRetry && (status === 0 || status >= 500 || status === 429) && (
          <button type="button" onClick={onRetry}>
            Try again
          </button>
        )}
        {status === 404 && <Link to="/experiments">See all experiments</Link>}
        {error instanceof SearchParamError && <a href={window.location.pathname}>Show this page without its filters</a>}
      </p>
    </section>
  );
}

type Shown = Pick<ApiError["problem"], "title" | "detail" | "errors" | "allowed" | "status">;

function problemOf(error: unknown): Shown {
  if (error instanceof ApiError) return error.problem;
  if (error instanceof SearchParamError) {
    return {
      title: "This address asks for something that the page does not know",
      detail: messageIn(error),
      status: 400,
    };
  }
  const detail = error instanceof Error ? error.message : String(error);
  return {
    title: "This page has failed",
    detail: `${detail}; load it again, and report it if that does not help`,
    status: 500,
  };
}

/** Zod's problems come as JSON in the message. */
function messageIn({ message }: Error): string {
  try {
    const issues = JSON.parse(message) as { path: string[]; message: string }[];
    return issues.map(({ path, message: text }) => `${path.join(".")}: ${text}`).join("\n");
  } catch {
    return message;
  }
}

function linesOf(detail: string): { path: string; message: string }[] {
  return detail.split("\n").map((message) => ({ path: "", message }));
}
