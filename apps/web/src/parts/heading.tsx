import type { ReactNode } from "react";

/** A page's heading, which is the title of its window too. */
export function Heading({ text, children }: { text: string; children?: ReactNode }) {
  return (
    <div className="row">
      <title>{`${text} · Shadowfarm`}</title>
      <h1>{text}</h1>
      {children}
    </div>
  );
}
