import { useEffect, useLayoutEffect, useRef, useState } from "react";
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
  /** What dragging over the picture does, in its own pixels, as it was drawn for so much width; a click ends where it began. */
  onDrag?: (from: Point, to: Point, width: number) => void;
  /** What a drag chooses a stretch of: what is in the picture from left to right, or upright axes in it. */
  along?: "x" | "y";
}

interface Point {
  x: number;
  y: number;
}

/** A picture as wide as its place, with what saves it. Its SVG brings title and description. */
export function Plot({ draw, name, most = 1_200, onPick, onDrag, along = "y" }: Props) {
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
  const drag = useRef<Point | null>(null);
  // The marks are not React's, and neither is what hears them.
  useEffect(() => {
    const host = place.current as HTMLDivElement;
    const gone = new AbortController();
    const hear = <Name extends "click" | "keydown" | "pointerdown" | "pointermove" | "pointerup" | "pointercancel">(
      name: Name,
      heard: (event: HTMLElementEventMap[Name]) => void,
    ) => host.addEventListener(name, heard, { signal: gone.signal });
    const pick = ({ target }: Event) => {
      const key = keyOf(target as Element);
      if (key !== null) onPick?.(key);
    };
    hear("click", pick);
    hear("keydown", (event) => {
      if (!onPick) return;
      if (event.key === "Enter") pick(event);
      else if (moveFocus(host, event.key)) event.preventDefault();
    });
    hear("pointerdown", (event) => {
      if (!onDrag || event.button !== 0) return;
      host.setPointerCapture(event.pointerId);
      drag.current = pointOf(host, event);
    });
    hear("pointermove", (event) => {
      if (drag.current) drawDrag(host, drag.current, pointOf(host, event), along);
    });
    const end = () => {
      drag.current = null;
      host.querySelector(".drag")?.remove();
    };
    hear("pointerup", (event) => {
      const [from, to] = [drag.current, pointOf(host, event)];
      end();
      if (from) onDrag?.(from, isClick(from, to) ? from : to, Math.min(most, width));
    });
    // A finger that scrolls the page after all.
    hear("pointercancel", end);
    return () => gone.abort();
  });
  return (
    <figure className="plot">
      <div
        ref={place}
        // What scrolls must be reached by the keyboard, unless what is in it is.
        tabIndex={picks ? undefined : 0}
        className={picks ? "plot-place plot-picks" : "plot-place"}
        data-along={onDrag && along}
      />
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

/** In pixels of the picture, which scrolls with its place. */
function pointOf(host: Element, { clientX, clientY }: PointerEvent): Point {
  const { left, top } = (host.firstElementChild ?? host).getBoundingClientRect();
  return { x: clientX - left, y: clientY - top };
}

/** Hands are not still. */
function isClick(from: Point, to: Point): boolean {
  return Math.hypot(to.x - from.x, to.y - from.y) < 4;
}

function drawDrag(host: Element, from: Point, to: Point, along: "x" | "y"): void {
  const picture = host.firstElementChild;
  const rect = host.querySelector(".drag") ?? document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const [x, y] = [Math.min(from.x, to.x), Math.min(from.y, to.y)];
  const [width, height] = [Math.abs(to.x - from.x), Math.abs(to.y - from.y)];
  const sides = along === "x" ? { x, y: 0, width, height: "100%" } : { x: x - 8, y, width: 16 + width, height };
  for (const [name, value] of Object.entries(sides)) rect.setAttribute(name, String(value));
  rect.setAttribute("class", "drag");
  if (!rect.isConnected) picture?.append(rect);
}

function keyOf(element: Element | null): string | null {
  return element?.closest<SVGElement>("[data-key]")?.dataset.key ?? null;
}

function marksIn(host: Element): SVGElement[] {
  return [...host.querySelectorAll<SVGElement>("[data-key]")];
}

/** Marks become buttons, which their tooltips name; Tab reaches one, the arrow keys the others. */
function makeReachable(host: Element, focused: string | null): void {
  host.firstElementChild?.setAttribute("role", "group");
  const marks = marksIn(host);
  const first = marks.find(({ dataset }) => dataset.key === focused) ?? marks[0];
  for (const mark of marks) {
    mark.setAttribute("role", "button");
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
