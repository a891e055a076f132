import { expect, test } from "vitest";
import { hashOfName, storedName } from "./stored-name.ts";

const sha256 = "ab".repeat(32);

test("a name says its hash", () => {
  expect(storedName(sha256)).toBe(`ab/${sha256}.safetensors`);
  expect(hashOfName(storedName(sha256))).toBe(sha256);
});

test("an unfinished write has none", () => {
  expect(hashOfName(`${storedName(sha256)}.0b1f-22`)).toBeNull();
});

test.each([
  "README.md",
  `${sha256}.safetensors`,
  `aa/${sha256}.safetensors`,
  `ab/${sha256}`,
  `x/${storedName(sha256)}`,
])("%s is not Shadowfarm's", (name) => {
  expect(hashOfName(name)).toBeUndefined();
});
