import type { ReactNode, RefObject } from "react";

interface Props {
  /** Says to those who come to it by the keyboard what it is. */
  label: string;
  className: string;
  place?: RefObject<HTMLElement | null>;
  children: ReactNode;
}

/** The keyboard must reach what scrolls, though there may be nothing in it to press. */
const reached = { tabIndex: 0 } as const;

/** A part of a page that scrolls by itself. */
export function Scroller({ label, className, place, children }: Props) {
  return (
    <section ref={place} className={className} aria-label={label} {...reached}>
      {children}
    </section>
  );
}
