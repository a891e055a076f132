import { describe, expect, test } from "vitest";
import { bodyOf, countTerms } from "./messages.ts";

const header = "From: someone@example.org (Some One)\nSubject: Re: pumps\nLines: 4\n";
const message = (...lines: string[]) => bodyOf([header, ...lines].join("\n"));

describe("what is left of a message", () => {
  test("header, quotes and signature are removed", () => {
    expect(
      message(
        "In article <1@example.org> another@example.org writes:",
        "> Which pump is quiet?",
        ">",
        "The old one is.",
        "Replace the valve, too.",
        "",
        "--",
        "Some One, Somewhere",
      ),
    ).toBe("The old one is.\nReplace the valve, too.\n");
  });

  test("the header ends at the first empty line; without one all is header", () => {
    expect(bodyOf("a: b\n\nc: d\ne: f")).toBe("c: d\ne: f");
    expect(bodyOf("a: b\nc: d\n")).toBe("");
    expect(bodyOf("\n\nall of it")).toBe("all of it");
    expect(bodyOf("")).toBe("");
  });

  test.each([
    ["from the last empty line", ["one", "", "two", "", "three"], "one\n\ntwo"],
    ["from the last line of dashes", ["one", "two", "  -----  ", "three", "four"], "one\ntwo"],
    ["not of dashes and words, nor of apart dashes", ["one", "-- two", "- -", "three"], "one\n-- two\n- -\nthree"],
    ["not when it would be all", ["--", "one", "two"], "--\none\ntwo"],
    ["not what spaces at the ends alone would make one", ["", "one", "two", "", ""], "\none\ntwo\n\n"],
  ])("a footer goes %s", (_, lines, left) => {
    expect(message(...lines)).toBe(left);
  });

  test.each([
    "> quoted",
    ">quoted",
    "| quoted",
    "someone@example.org (Some One) writes:",
    "On Monday, Some One wrote:",
    "Some One says:",
    "As he said: no",
    "Some One writes in his message",
    "In article <1@example.org> I read",
    "Quoted from Some One",
  ])("%s is a quote", (line) => {
    expect(message("before", line, "after")).toBe("before\nafter");
  });

  test.each([" > quoted", "a > b", "a | b", "so In article 1", "he writes, and said so"])("%s is none", (line) => {
    expect(message("before", line, "after")).toBe(`before\n${line}\nafter`);
  });

  test("nothing may be left", () => {
    expect(message("> all", "> of it")).toBe("");
  });
});

test("terms are counted in the order of their numbers, and numbered in the order of their characters", () => {
  const { counts, dictionary } = countTerms(["the cat, the dog", "", "Dog! 42 a Zebra x_1 DOG"]);
  expect(dictionary).toEqual(["42", "cat", "dog", "the", "x_1", "zebra"]);
  expect(counts).toEqual({
    offsets: Uint32Array.of(0, 3, 3, 7),
    terms: Uint32Array.of(1, 2, 3, 0, 2, 4, 5),
    counts: Uint32Array.of(1, 1, 2, 1, 2, 1, 1),
    distinct: 6,
  });
});

test.each([
  ["don't stop-start e.g. i.e.", ["don", "start", "stop"]],
  ["a b 1 2 _", []],
  ["a1 1a __ 3.14", ["14", "1a", "__", "a1"]],
  ["CAFÉ café naïve", ["café", "naïve"]],
  ["Straße ÆØÅ æøå þÿ", ["straße", "æøå", "þÿ"]],
  ["2×3 a÷b «ab» 10° §12 µm m² 1½ nº", ["10", "12", "1½", "ab", "m²", "nº", "µm"]],
  ["ab\u00a0cd ef\u0085gh ij\u00adkl", ["ab", "cd", "ef", "gh", "ij", "kl"]],
])("the words of %j", (text, words) => {
  expect(countTerms([text]).dictionary).toEqual(words);
});

test("names that objects have of themselves are words like others", () => {
  const { dictionary, counts } = countTerms(["constructor __proto__ constructor tostring"]);
  expect(dictionary).toEqual(["__proto__", "constructor", "tostring"]);
  expect(counts.counts).toEqual(Uint32Array.of(1, 2, 1));
});
