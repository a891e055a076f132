import { useLayoutEffect, useRef } from "react";
import type { Markup } from "../plots/markup.ts";

/** A small picture in a line of text. */
export function Picture({ svg }: { svg: Markup }) {
  const place = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => place.current?.replaceChildren(pictureOf(svg)), [svg]);
  return <span ref={place} className="picture" />;
}

/** The SVG of a plot as an element of this page. It is read as XML, in which nothing runs. */
export function pictureOf(svg: Markup): Element {
  return document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true);
}
