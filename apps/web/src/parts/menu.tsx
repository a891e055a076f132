import { type ReactNode, useEffect, useRef } from "react";

/** Choices behind a word; closed by Escape, and by whatever is done elsewhere. */
export function Menu({
  label,
  children,
  side = "left",
}: {
  label: ReactNode;
  children: ReactNode;
  side?: "left" | "right";
}) {
  const place = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event) => {
      const menu = place.current;
      if (!menu?.open) return;
      if (event instanceof KeyboardEvent ? event.key !== "Escape" : menu.contains(event.target as Node)) return;
      menu.open = false;
      if (event instanceof KeyboardEvent) menu.querySelector("summary")?.focus();
    };
    const events = ["keydown", "pointerdown", "focusin"] as const;
    for (const event of events) document.addEventListener(event, close);
    return () => {
      for (const event of events) document.removeEventListener(event, close);
    };
  }, []);
  return (
    <details ref={place} className={side === "left" ? "menu menu-left" : "menu"}>
      <summary>{label}</summary>
      <div className="menu-body">{children}</div>
    </details>
  );
}
