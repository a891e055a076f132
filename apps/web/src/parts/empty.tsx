import type { ReactNode } from "react";

/** What stands where there is nothing yet: what to do next, and the command that does it. */
export function Empty({ title, command, children }: { title: string; command?: string; children?: ReactNode }) {
  return (
    <section className="empty">
      <h2>{title}</h2>
      {children}
      {command && (
        <pre>
          <code>{command}</code>
        </pre>
      )}
    </section>
  );
}
