import { type KeyboardEvent, type MouseEvent, useLayoutEffect, useRef, useState } from "react";
import type { Markup } from "../plots/markup.ts";
import { pictureOf } from "./picture.tsx";
import { savePng, saveSvg } from "./save-picture.ts";

interface Props {
  /** The picture for so much width; one of `plots/`. */
  draw: (width: number) => Markup;
  /** Of the files that it is saved as. */
  name: string;
  most?: number;
  /** What choosing a mark does, by its `data-key`; the marks are then reached with the arrow keys too. */
  onPick?: (key: string) => void;
}

/** A picture as wide as its place, with what saves it. Its SVG brings title and description. */
export function Plot({ draw, name, most = 1_200, onPick }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const host = place.current as HTMLDivElement;
    const observer = new ResizeObserver(() => setWidth(Math.floor(host.clientWidth)));
    observer.observe(host);
    setWidth(Math.floor(host.clientWidth));
    return () => observer.disconnect();
  }, []);
  const svg = width > 0 ? draw(Math.min(most, width)) : null;
  const picks = onPick !== undefined;
  useLayoutEffect(() => {
    if (svg === null) return;
    const host = place.current as HTMLDivElement;
    const focused = host.contains(document.activeElement) ? keyOf(document.activeElement) : null;
    host.replaceChildren(pictureOf(svg));
    if (picks) makeReachable(host, focused);
  }, [svg, picks]);
  const pick = (event: MouseEvent | KeyboardEvent) => {
    const key = keyOf(event.target as Element);
    if (key !== null) onPick?.(key);
  };
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    if (!onPick) return;
    if (event.key === "Enter") pick(event);
    else if (moveFocus(event.currentTarget, event.key)) event.preventDefault();
  };
  return (
    <figure className="plot">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the marks inside are what is clicked, and they have roles */}
      <div ref={place} className={onPick ? "plot-place plot-picks" : "plot-place"} onClick={pick} onKeyDown={move} />
      <figcaption>
        <button type="button" className="quiet" disabled={svg === null} onClick={() => svg && saveSvg(svg, name)}>
          SVG
        </button>
        <button type="button" className="quiet" disabled={svg === null} onClick={() => svg && void savePng(svg, name)}>
          PNG
        </button>
      </figcaption>
    </figure>
  );
}

function keyOf(element: Element | null): string | null {
  return element?.closest<SVGElement>("[data-key]")?.dataset.key ?? null;
}

function marksIn(host: Element): SVGElement[] {
  return [...host.querySelectorAll<SVGElement>("[data-key]")];
}

/** Marks become buttons with their tooltips as names; Tab reaches one, the arrow keys the others. */
function makeReachable(host: Element, focused: string | null): void {
  host.firstElementChild?.setAttribute("role", "group");
  const marks = marksIn(host);
  const first = marks.find(({ dataset }) => dataset.key === focused) ?? marks[0];
  for (const mark of marks) {
    mark.setAttribute("role", "button");
    mark.setAttribute("aria-label", mark.querySelector("title")?.textContent ?? (mark.dataset.key as string));
    mark.setAttribute("tabindex", mark === first ? "0" : "-1");
  }
  if (focused !== null && first?.dataset.key === focused) first.focus();
}

const directions: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** To the nearest mark in the direction of an arrow key; what lies aside counts as further away. */
function moveFocus(host: Element, pressed: string): boolean {
  const direction = directions[pressed];
  const marks = marksIn(host);
  const from = marks.find((mark) => mark === document.activeElement);
  if (!direction || !from) return false;
  const [dx, dy] = direction;
  const here = middleOf(from);
  const ahead = marks
    .map((mark) => {
      const there = middleOf(mark);
      const [x, y] = [there.x - here.x, there.y - here.y];
      return { mark, along: x * dx + y * dy, aside: Math.abs(x * dy) + Math.abs(y * dx) };
    })
    .filter(({ mark, along }) => mark !== from && along > 1)
    .sort((one, other) => one.along + 3 * one.aside - (other.along + 3 * other.aside));
  const next = ahead[0]?.mark;
  if (next) {
    from.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  }
  return true;
}

function middleOf(mark: Element): { x: number; y: number } {
  const { x, y, width, height } = mark.getBoundingClientRect();
  return { x: x + width / 2, y: y + height / 2 };
}
