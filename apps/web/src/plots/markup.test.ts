import { expect, test } from "vitest";
import { element, escaped } from "./markup.ts";

test("what is given is text, in attributes and between marks", () => {
  expect(element("g", { "data-key": '"><script>' }, escaped("<b> & 'c'"))).toBe(
    `<g data-key="&quot;&gt;&lt;script&gt;">&lt;b&gt; &amp; 'c'</g>`,
  );
});

test("numbers are cut to hundredths, what is undefined is left out", () => {
  expect(element("line", { x1: 1 / 3, y1: 2, stroke: undefined })).toBe('<line x1="0.33" y1="2"/>');
});

test("what XML cannot hold is shown as such", () => {
  expect(escaped("a\u0000b\u001b\n\uFFFE ü 数")).toBe("a\uFFFDb\uFFFD\n\uFFFD ü 数");
});
