import { createRng } from "@shadowfarm/core/rng";
import { expect, test } from "vitest";
import { adultColumns } from "../adult-columns.ts";
import { synthesizeAdult } from "./adult.ts";

const records = 5000;
const { features: stored, labels } = synthesizeAdult(createRng("adult/1"), records);
const features = stored as Float32Array;
const width = 108;
const people = Array.from({ length: records }, (_, record) => features.slice(record * width, (record + 1) * width));

/** Of each column: its values, or the place of its choice. */
const columns = new Map<string, number[]>();
let first = 0;
for (const column of adultColumns) {
  const from = first;
  const to = "choices" in column ? from + column.choices.length : from + 1;
  columns.set(
    column.name,
    people.map((person) => ("choices" in column ? person.subarray(from, to).indexOf(1) : (person[from] as number))),
  );
  first = to;
}
const values = (name: string) => columns.get(name) as number[];
const placeOf = (name: string, choice: string) => {
  const column = adultColumns.find((column) => column.name === name);
  return column !== undefined && "choices" in column ? column.choices.indexOf(choice) : -1;
};
const shareOf = (name: string, choice: string) =>
  values(name).filter((value) => value === placeOf(name, choice)).length / records;

test("six numbers within the real range, then one choice of each of eight columns", () => {
  expect(features).toBeInstanceOf(Float32Array);
  expect(first).toBe(width);
  expect(features).toHaveLength(records * width);
  for (const column of adultColumns) {
    if ("choices" in column) expect(values(column.name).every((place) => place >= 0)).toBe(true);
    else {
      const inside = (value: number) => Number.isInteger(value) && value >= column.low && value <= column.high;
      expect(values(column.name).every(inside)).toBe(true);
    }
  }
  // With every block having a one, 8 ones a person leave no second one in any.
  expect(people.every((person) => person.subarray(6).reduce((sum, value) => sum + value, 0) === 8)).toBe(true);
});

test("24 % are positive, in random order", () => {
  expect(labels.reduce((sum, label) => sum + label, 0)).toBe(1196);
  expect(Math.abs(labels.subarray(0, 1000).reduce((sum, label) => sum + label, 0) - 239)).toBeLessThan(60);
});

test("shares and means are close to the real ones", () => {
  expect(shareOf("sex", "Male")).toBeCloseTo(0.668, 1);
  expect(shareOf("workclass", "Private")).toBeCloseTo(0.694, 1);
  expect(shareOf("native-country", "United-States")).toBeCloseTo(0.897, 1);
  expect(shareOf("education", "HS-grad")).toBeCloseTo(0.323, 1);
  const mean = (name: string) => values(name).reduce((sum, value) => sum + value, 0) / records;
  expect(Math.abs(mean("age") - 38.6)).toBeLessThan(1.5);
  expect(Math.abs(mean("hours-per-week") - 40.4)).toBeLessThan(1.5);
  expect(values("capital-gain").filter((gain) => gain > 0).length / records).toBeCloseTo(0.083, 1);
});

test("columns that belong together agree", () => {
  const husband = placeOf("relationship", "Husband");
  const married = ["Married-civ-spouse", "Married-AF-spouse"].map((status) => placeOf("marital-status", status));
  const doctorate = placeOf("education", "Doctorate");
  const idle = ["?", "Never-worked"].map((choice) => placeOf("workclass", choice));
  const unknown = placeOf("occupation", "?");
  const agree = people.every((_, record) => {
    const at = (name: string) => values(name)[record] as number;
    return (
      (at("relationship") !== husband || married.includes(at("marital-status"))) &&
      (at("education") === doctorate) === (at("education-num") === 16) &&
      idle.includes(at("workclass")) === (at("occupation") === unknown) &&
      Math.min(at("capital-gain"), at("capital-loss")) === 0
    );
  });
  expect(agree).toBe(true);
});

test("a path determines the records, another path gives others", () => {
  const bytes = (path: string) => {
    const { features, labels } = synthesizeAdult(createRng(path), 100);
    return Buffer.concat([Buffer.from((features as Float32Array).buffer), Buffer.from(labels.buffer)]);
  };
  expect(bytes("adult/1").equals(bytes("adult/1"))).toBe(true);
  expect(bytes("adult/2").equals(bytes("adult/1"))).toBe(false);
});
