import { expect, test } from "vitest";
import { placeLabels } from "./place-labels.ts";

const frame = { left: 0, top: 0, right: 400, bottom: 300 };
const empty = { dots: [], lines: [], crossing: [], texts: [], frame, fontSize: 10 };

test("a lone dot is named to its right, at the edge to its left", () => {
  expect(placeLabels([{ x: 100, y: 100, texts: ["name"] }], empty)).toEqual([
    { text: "name", x: 110, y: 100, textAnchor: "start", leader: false },
  ]);
  expect(placeLabels([{ x: 395, y: 100, texts: ["name"] }], empty)).toMatchObject([{ textAnchor: "end" }]);
});

test("the shorter name is taken where the longer has no room", () => {
  const texts = ["a name of very very very very many characters", "short"];
  const narrow = { ...frame, right: 150 };
  expect(placeLabels([{ x: 75, y: 100, texts }], { ...empty, frame: narrow })).toMatchObject([{ text: "short" }]);
});

test("equal dots have names apart, and a crowded one is led to", () => {
  const anchors = Array.from({ length: 6 }, () => ({ x: 200, y: 150, texts: ["a longer name"] }));
  const placed = placeLabels(anchors, { ...empty, dots: anchors });
  const places = placed.map((label) => `${label?.x} ${label?.y} ${label?.textAnchor}`);
  expect(placed).not.toContain(null);
  expect(new Set(places).size).toBe(6);
});

test("a name keeps off other dots", () => {
  const dots = [
    { x: 100, y: 100 },
    { x: 125, y: 100 },
  ];
  expect(placeLabels([{ ...dots[0], x: 100, y: 100, texts: ["name"] }], { ...empty, dots })).toMatchObject([
    { textAnchor: "end" },
  ]);
});

test("lines are covered where nothing else is free, texts never", () => {
  const everywhere = [frame];
  const anchor = { x: 100, y: 100, texts: ["name"] };
  expect(placeLabels([anchor], { ...empty, lines: everywhere })).toMatchObject([{ x: 110 }]);
  const upper = { ...frame, bottom: 110 };
  expect(placeLabels([anchor], { ...empty, lines: [upper], crossing: everywhere })).toMatchObject([
    { x: 112, leader: true },
  ]);
  expect(placeLabels([anchor], { ...empty, texts: everywhere })).toEqual([null]);
});
