import type { Dimension } from "@shadowfarm/core/dimensions";
import { openReader, type Reader } from "@shadowfarm/store/reader";
import { resultColumns } from "@shadowfarm/store/result-columns";
import type { RowFilter } from "@shadowfarm/store/result-filter";
import { groupsOfRows } from "@shadowfarm/store/result-groups";
import { pageOfIds, rowsAsJson, rowsVersion } from "@shadowfarm/store/result-rows";
import pg from "pg";
import { describe, expect } from "vitest";
import { test as base } from "../fixtures.ts";
import { storeCell, storeExperiment, storeResult } from "../stored-results.ts";

const test = base.extend<{ reader: Reader }>({
  async reader({ databaseUrl }, use) {
    const reader = await openReader(databaseUrl);
    await use(reader);
    await reader.close();
  },
});

const everything: RowFilter = { is: [], within: [] };

const key = (digit: string) => digit.repeat(40);

describe("rows of results", () => {
  test("count once what experiments share, also when the experiment goes whose row was marked", async ({
    store,
    reader,
  }) => {
    await storeExperiment(store, "a");
    await storeCell(store, "a", 0, key("1"));
    await storeCell(store, "a", 1, key("2"), { repeat: 1 });
    await storeResult(store, key("1"), 0.6);
    // A plan that finds one result done, and one that comes later.
    await storeExperiment(store, "b");
    await storeCell(store, "b", 0, key("1"));
    await storeCell(store, "b", 1, key("2"), { repeat: 1 });
    await store.db.$executeRaw`SELECT write_result_rows(NULL, 'b')::text`;
    await storeResult(store, key("2"), 0.8);
    const marked = async () =>
      (await store.db.resultRow.findMany({ where: { once: true } })).map(({ jobKey }) => jobKey).sort();
    expect(await store.db.resultRow.count()).toBe(4);
    expect(await marked()).toEqual([key("1"), key("2")]);
    const means = async () => {
      const [group] = await groupsOfRows(reader, everything, ["attack"], ["auc"], 10);
      return [group?.n, group?.mixed, group?.measures.auc?.mean];
    };
    expect(await means()).toEqual([2, false, 0.7]);

    await store.db.experiment.delete({ where: { id: "a" } });
    expect(await store.db.resultRow.count()).toBe(2);
    expect(await marked()).toEqual([key("1"), key("2")]);
    expect(await means()).toEqual([2, false, 0.7]);
    // Made anew: with the new numbers, and still once.
    await storeExperiment(store, "c");
    await storeCell(store, "c", 0, key("1"));
    await store.db.$executeRaw`SELECT write_result_rows(NULL, 'c')::text`;
    await store.db.result.update({ where: { jobKey: key("1") }, data: { metrics: { auc: 1, tprAtFpr: {} } } });
    expect(await marked()).toEqual([key("1"), key("2")]);
    expect(await means()).toEqual([2, false, 0.9]);
  });

  test("the same means whichever rows they are made from", async ({ store, reader }) => {
    for (const id of ["a", "b", "c"]) {
      await storeExperiment(store, id);
      for (let index = 0; index < 24; index++) {
        const options = {
          repeat: index % 3,
          attack: index % 2 ? "gap" : "lira",
          attackParams: index % 4 ? { shadows: index % 4 } : {},
        };
        await storeCell(store, id, index, index.toString(16).padStart(40, "0"), options);
      }
    }
    for (let index = 0; index < 24; index++) await storeResult(store, index.toString(16).padStart(40, "0"), index / 24);
    const by = ["attack", "attack.shadows"] as const;
    const groups = await groupsOfRows(reader, everything, by, ["auc", "tpr@0.01"], 100);
    // Each in one experiment is what all are, for each has all; by repeats the marked rows do not do.
    const one: RowFilter = { is: [{ dimension: "experimentId", values: ["b"] }], within: [] };
    // Sums in other orders differ in the last bit.
    const rounded = (_: string, value: unknown) => (typeof value === "number" ? Number(value.toPrecision(12)) : value);
    const numbers = (some: typeof groups) =>
      JSON.stringify(
        some.map(({ key: of, n, mixed, measures }) => [of, n, mixed, measures]),
        rounded,
      );
    expect(numbers(groups)).toEqual(numbers(await groupsOfRows(reader, one, by, ["auc", "tpr@0.01"], 100)));
    const repeats: RowFilter = { is: [{ dimension: "repeat", values: ["0", "1", "2"] }], within: [] };
    expect(numbers(groups)).toEqual(numbers(await groupsOfRows(reader, repeats, by, ["auc", "tpr@0.01"], 100)));
    const expected = await store.db.$queryRaw<{ attack: string; shadows: number | null; n: number; mean: number }[]>`
      SELECT attack, "attackParams"->'shadows' AS shadows, count(*)::int AS n, avg(auc) AS mean
      FROM "ResultRow" WHERE "experimentId" = 'a' GROUP BY 1, 2`;
    expect(groups).toHaveLength(expected.length);
    for (const { attack, shadows, n, mean } of expected) {
      const group = groups.find(({ key: of }) => of[0] === attack && of[1] === shadows);
      expect(group).toMatchObject({
        n,
        measures: { auc: { n, mean: expect.closeTo(mean, 12) }, "tpr@0.01": { n: 0, mean: null } },
      });
    }
    const mixedBy = async (by: readonly Dimension[]) =>
      new Set((await groupsOfRows(reader, everything, by, ["auc"], 100)).map(({ mixed }) => mixed));
    expect(await mixedBy(["attack"])).toEqual(new Set([true]));
    expect(await mixedBy([])).toEqual(new Set([false]));
  });

  test("have a version that rises also when what began earlier is committed later, and stays when notes are summed", async ({
    store,
    reader,
    databaseUrl,
  }) => {
    await storeExperiment(store, "a");
    for (let index = 0; index < 3; index++) await storeCell(store, "a", index, key(String(index)));
    const late = new pg.Client({ connectionString: databaseUrl });
    await late.connect();
    await late.query("BEGIN");
    await late.query(
      `INSERT INTO "Result" ("jobKey", metrics, engine, machine, version, "computeSeconds") VALUES ($1, '{"tprAtFpr": {}}', '', '', '', 1)`,
      [key("0")],
    );
    await storeResult(store, key("1"), 0.5);
    const before = await rowsVersion(reader);
    await late.query("COMMIT");
    await late.end();
    const after = await rowsVersion(reader);
    expect(after).toBeGreaterThan(before);
    await store.db.$executeRaw`INSERT INTO "ResultChange" (changes) SELECT 1 FROM generate_series(1, 200)`;
    await store.db.$executeRaw`SELECT sum_result_changes()::text`;
    expect(await store.db.resultChange.count()).toBe(1);
    expect(await rowsVersion(reader)).toBe(after + 200);
    await store.db.experiment.delete({ where: { id: "a" } });
    expect(await rowsVersion(reader)).toBeGreaterThan(after + 200);
  });

  test("are JSON in lists, also where a number is none or a text has quotes", async ({ store, reader }) => {
    const name = `"quoted" \\ and\nbroken`;
    await storeExperiment(store, name);
    await storeCell(store, name, 0, key("0"), { attackParams: { at: "}\n" } });
    await storeResult(store, key("0"), 0.5);
    await store.db
      .$executeRaw`UPDATE "ResultRow" SET gap = 'NaN', auc = 1e-7, "testAccuracy" = 'Infinity', "tprAt01" = NULL`;
    const { ids } = await pageOfIds(reader, everything, { measure: "id", descending: false }, 10, null);
    const [row] = (await rowsAsJson(reader, ids)).map(({ text }) => JSON.parse(text));
    expect(row).toMatchObject({
      ...{ id: ids[0], experimentId: name, repeat: 0, noSignal: false, attackParams: { at: "}\n" } },
      metrics: { auc: 1e-7, gap: null, testAccuracy: null, "tpr@0.001": null },
    });
    expect(new Date(row.createdAt).toISOString()).toBe(row.createdAt);
    expect(await rowsAsJson(reader, [999_999])).toEqual([]);
  });

  test("come by column as they come by row, whatever filters hold", async ({ store, reader, databaseUrl }) => {
    await storeExperiment(store, 'ä\'; DROP TABLE "Cell"; --');
    const id = 'ä\'; DROP TABLE "Cell"; --';
    for (let index = 0; index < 25; index++) {
      await storeCell(store, id, index, index.toString(16).padStart(40, "0"), {
        attackParams: { at: index % 3, "näme'": "\\N\t" },
      });
      await storeResult(store, index.toString(16).padStart(40, "0"), index / 25);
    }
    const is = (dimension: string, ...values: string[]): RowFilter => ({
      is: [{ dimension, values } as never],
      within: [],
    });
    const filters: RowFilter[] = [
      everything,
      { is: [], within: [{ measure: "auc", min: 0.2, max: 0.5 }] },
      ...[
        is("experimentId", id),
        is("attack.at", "1"),
        is("attack.at", "1", "2"),
        is("attack.at", "1e999", '["\\ud800"]', '{"\\u0000": 1}'),
        is("repeat", "0"),
        is("data", "real", "synthetic"),
      ],
      ...[is("dataset", "' OR true --"), is("dataset", "mnist", "{a,b}", '"')],
    ];
    for (const filter of filters) {
      const page = await pageOfIds(reader, filter, { measure: "id", descending: false }, 100, null);
      const texts = (await rowsAsJson(reader, page.ids)).sort((one, other) => one.id - other.id);
      const rows = texts.map(({ text }) => JSON.parse(text));
      expect(rows.map(({ id }) => id)).toEqual(page.ids);
      const columns = new Map<string, unknown[]>();
      for await (const batch of resultColumns(databaseUrl, filter, 10)) {
        expect(batch.rows).toBeLessThanOrEqual(10);
        for (const [name, values] of batch.columns) columns.set(name, [...(columns.get(name) ?? []), ...values]);
      }
      const { createdAt, attackParams, ...others } = Object.fromEntries(
        ["jobKey", "experiment", "dataset", "data", "repeat", "noSignal", "createdAt", "attackParams"].map((name) => [
          name,
          columns.get(name) ?? [],
        ]),
      ) as Record<string, unknown[]>;
      for (const [name, values] of Object.entries(others)) {
        expect(values, name).toEqual(rows.map((row) => row[name as "jobKey"]));
      }
      expect(createdAt).toEqual(rows.map((row) => row.createdAt));
      expect(attackParams?.map((text) => JSON.parse(text as string))).toEqual(rows.map((row) => row.attackParams));
      for (const measure of ["auc", "tpr@0.1", "tpr@0.01", "members", "gap"] as const) {
        expect(columns.get(measure) ?? [], measure).toEqual(rows.map((row) => row.metrics[measure]));
      }
    }
    expect(await store.db.cell.count()).toBe(25);
  });
});
