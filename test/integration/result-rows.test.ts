import { type Dimension, type Measure, measures } from "@shadowfarm/core/dimensions";
import { Prisma } from "@shadowfarm/store/generated/client";
import { type KeptResults, keepResults } from "@shadowfarm/store/keep-results";
import { type NaiveRow, naiveGroups } from "@shadowfarm/store/naive-groups.fixture";
import { openReader, type Reader } from "@shadowfarm/store/reader";
import { resultColumns } from "@shadowfarm/store/result-columns";
import { conditionsOf, measureColumns, type RowFilter, where } from "@shadowfarm/store/result-filter";
import { groupsOf } from "@shadowfarm/store/result-groups";
import type { ResultMemory } from "@shadowfarm/store/result-memory";
import { pageById } from "@shadowfarm/store/result-pages";
import { pageOfRows, rowsVersion } from "@shadowfarm/store/result-rows";
import { keepRowTexts, type RowPlace } from "@shadowfarm/store/row-texts";
import pg from "pg";
import { describe, expect } from "vitest";
import { seed } from "../../apps/api/bench/seed.ts";
import { test as base } from "../fixtures.ts";
import { storeCell, storeExperiment, storeResult } from "../stored-results.ts";

const test = base.extend<{ reader: Reader; kept: KeptResults }>({
  async reader({ databaseUrl }, use) {
    const reader = await openReader(databaseUrl);
    await use(reader);
    await reader.close();
  },
  async kept({ databaseUrl, reader }, use) {
    const kept = keepResults(databaseUrl, reader);
    await use(kept);
    await kept.close();
  },
});

async function current(kept: KeptResults): Promise<ResultMemory> {
  await kept.version();
  return kept.ask((memory) => memory);
}

/** Every row, as the means are to be made from. */
async function allRows(reader: Reader): Promise<NaiveRow[]> {
  const rows = await reader.query<NaiveRow>(Prisma.sql`SELECT *, data::text FROM "ResultRow"`);
  return rows.map((row) => ({
    ...row,
    ...Object.fromEntries(measures.map((measure) => [measure, row[measureColumns.get(measure) as string]])),
  }));
}

/** Sums in other orders differ in the last bits. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part) => (typeof part === "number" ? Number(part.toPrecision(10)) : part)),
  );
}

async function expectSameMeans(kept: KeptResults, reader: Reader): Promise<void> {
  const rows = await allRows(reader);
  const memory = await current(kept);
  const wanted: Measure[] = ["auc", "tpr@0.01", "queries"];
  const repeats: RowFilter = { is: [{ dimension: "repeat", values: ["0", "1"] }], within: [] };
  for (const filter of [everything, repeats]) {
    for (const by of [[], ["attack", "attack.shadows"], ["experiment"], ["experimentId", "repeat"]] as Dimension[][]) {
      const found = groupsOf(memory, filter, by, wanted, 1_000).map(({ setting: _, ...group }) => group);
      expect(rounded(found), by.join()).toEqual(rounded(naiveGroups(rows, filter, by, wanted)));
    }
    await expectSamePages(memory, reader, filter);
  }
}

/** Pages from memory against the rows that the filter chooses in SQL. */
async function expectSamePages(memory: ResultMemory, reader: Reader, filter: RowFilter): Promise<RowPlace[]> {
  const rows = await reader.query<RowPlace>(
    Prisma.sql`SELECT id, "experimentId" FROM "ResultRow" ${where(conditionsOf(filter))} ORDER BY id`,
  );
  for (const descending of [false, true]) {
    const walked: RowPlace[] = [];
    let after: number | null = null;
    do {
      const page = pageById(memory, filter, descending, 10, after);
      walked.push(...page.rows);
      after = page.next?.id ?? null;
    } while (after !== null);
    expect(descending ? walked.reverse() : walked).toEqual(rows);
  }
  return rows;
}

const everything: RowFilter = { is: [], within: [] };

const key = (digit: string) => digit.repeat(40);

describe("rows of results", () => {
  test("count once what experiments share, also when the experiment goes whose row was marked", async ({
    store,
    reader,
    kept,
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
      await expectSameMeans(kept, reader);
      const [group] = groupsOf(await current(kept), everything, ["attack"], ["auc"], 10);
      return [group?.n, group?.mixed, group?.measures.auc?.mean?.toPrecision(12)];
    };
    expect(await means()).toEqual([2, false, "0.700000000000"]);

    await store.db.experiment.delete({ where: { id: "a" } });
    expect(await store.db.resultRow.count()).toBe(2);
    expect(await marked()).toEqual([key("1"), key("2")]);
    expect(await means()).toEqual([2, false, "0.700000000000"]);
    // Made anew: with the new numbers, and still once.
    await storeExperiment(store, "c");
    await storeCell(store, "c", 0, key("1"));
    await store.db.$executeRaw`SELECT write_result_rows(NULL, 'c')::text`;
    await store.db.result.update({ where: { jobKey: key("1") }, data: { metrics: { auc: 1, tprAtFpr: {} } } });
    expect(await marked()).toEqual([key("1"), key("2")]);
    expect(await means()).toEqual([2, false, "0.900000000000"]);
  });

  test("are kept in memory as they are, whatever comes, goes and is made anew", async ({ store, reader, kept }) => {
    await expectSameMeans(kept, reader);
    const keyOf = (index: number) => index.toString(16).padStart(40, "0");
    const storeExperimentOf = async (id: string, indices: readonly number[]) => {
      await storeExperiment(store, id);
      for (const index of indices) {
        await storeCell(store, id, index, keyOf(index), {
          repeat: index % 3,
          attack: index % 2 ? "gap" : "lira",
          attackParams: index % 4 ? { shadows: index % 4 } : {},
        });
      }
    };
    const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);
    await storeExperimentOf("a", numbers(0, 24));
    for (const index of numbers(0, 12)) await storeResult(store, keyOf(index), index / 24);
    await expectSameMeans(kept, reader);
    // More of what is known in part, and a plan that finds half of its results done.
    for (const index of numbers(12, 18)) await storeResult(store, keyOf(index), index / 24);
    await storeExperimentOf("b", numbers(6, 24));
    await store.db.$executeRaw`SELECT write_result_rows(NULL, 'b')::text`;
    await expectSameMeans(kept, reader);
    for (const index of numbers(18, 24)) await storeResult(store, keyOf(index), index / 24);
    await store.db.result.update({
      where: { jobKey: keyOf(7) },
      data: { metrics: { auc: 1, tprAtFpr: {}, noSignal: true } },
    });
    await expectSameMeans(kept, reader);
    await store.db.experiment.delete({ where: { id: "a" } });
    await expectSameMeans(kept, reader);
    expect((await current(kept)).experiments.size).toBe(1);
    await store.db.experiment.delete({ where: { id: "b" } });
    await expectSameMeans(kept, reader);
    expect((await current(kept)).live).toHaveLength(0);
  });

  test("are kept as of one moment while others write them", async ({ store, reader, kept }) => {
    for (const id of ["a", "b"]) await storeExperiment(store, id);
    const keys = Array.from({ length: 30 }, (_, at) => at.toString(16).padStart(40, "0"));
    for (const id of ["a", "b"]) for (const [at, key] of keys.entries()) await storeCell(store, id, at, key);
    let writing = true;
    const writer = (async () => {
      for (const key of keys) await storeResult(store, key, 0.5);
      for (const key of keys) {
        await store.db.result.update({ where: { jobKey: key }, data: { metrics: { auc: 0.75, tprAtFpr: {} } } });
      }
      writing = false;
    })();
    while (writing) {
      const memory = await current(kept);
      // What both have comes in both at a time.
      expect(memory.experiments.get("a")?.results).toEqual(memory.experiments.get("b")?.results);
      const n = groupsOf(memory, everything, [], ["auc"], 10).reduce((sum, group) => sum + group.n, 0);
      expect(n).toBe(memory.experiments.get("a")?.ids.length ?? 0);
    }
    await writer;
    await expectSameMeans(kept, reader);
    const [group] = groupsOf(await current(kept), everything, ["attack"], ["auc"], 10);
    expect(group).toMatchObject({ n: 30, measures: { auc: { mean: 0.75, sd: 0 } } });
  });

  test("are read anew, whole, once most of those that were read are gone", async ({ store, reader, kept }) => {
    await seed(store, { results: 10_500, jobs: 10_500 });
    const before = await current(kept);
    expect(before.live).toHaveLength(10_500);
    expect(groupsOf(before, everything, ["dataset"], ["auc"], 10)).toHaveLength(8);
    await store.db.experiment.deleteMany();
    const emptied = await current(kept);
    expect(emptied.live).toHaveLength(0);
    await storeExperiment(store, "a");
    await storeCell(store, "a", 0, key("a"));
    await storeResult(store, key("a"), 0.5);
    const after = await current(kept);
    expect(after).not.toBe(emptied);
    expect(after.count).toBe(1);
    await expectSameMeans(kept, reader);
  });

  test("are read again after the connection broke", async ({ store, reader, kept }) => {
    await storeExperiment(store, "a");
    for (const at of [0, 1]) await storeCell(store, "a", at, key(String(at)));
    await storeResult(store, key("0"), 0.5);
    await expectSameMeans(kept, reader);
    await store.db.$executeRaw`
      SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE application_name LIKE 'shadowfarm results %'`;
    await storeResult(store, key("1"), 0.6);
    await expectSameMeans(kept, reader);
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
    await store.db.$executeRaw`
      INSERT INTO "ResultChange" ("experimentId", changes) SELECT 'a', 1 FROM generate_series(1, 200)`;
    await store.db.$executeRaw`SELECT sum_result_changes()::text`;
    expect(await store.db.resultChange.count()).toBe(1);
    expect(await rowsVersion(reader)).toBe(after + 200);
    await store.db.experiment.delete({ where: { id: "a" } });
    expect(await rowsVersion(reader)).toBeGreaterThan(after + 200);
  });

  test("are JSON in lists, also where a number is none or a text has quotes", async ({ store, reader, kept }) => {
    const name = `"quoted" \\ and\nbroken`;
    await storeExperiment(store, name);
    await storeCell(store, name, 0, key("0"), { attackParams: { at: "}\n" } });
    await storeResult(store, key("0"), 0.5);
    await store.db
      .$executeRaw`UPDATE "ResultRow" SET gap = 'NaN', auc = 1e-7, "testAccuracy" = 'Infinity', "tprAt01" = NULL`;
    const memory = await current(kept);
    const { rows } = await pageOfRows(reader, everything, { measure: "auc", descending: false }, 10, null);
    expect(pageById(memory, everything, false, 10, null).rows).toEqual([
      { id: rows[0]?.id, experimentId: rows[0]?.experimentId },
    ]);
    const [row] = rows.map((row) => JSON.parse(String(keepRowTexts().of(memory, row))));
    expect(row).toMatchObject({
      ...{ id: rows[0]?.id, experimentId: name, repeat: 0, noSignal: false, attackParams: { at: "}\n" } },
      metrics: { auc: 1e-7, gap: null, testAccuracy: null, "tpr@0.001": null },
    });
    expect(new Date(row.createdAt).toISOString()).toBe(row.createdAt);
    expect(keepRowTexts().of(memory, { id: 999_999, experimentId: name })).toBeNull();
    expect(keepRowTexts().of(memory, { id: 0, experimentId: name })).toBeNull();
    expect(keepRowTexts().of(memory, { id: row.id, experimentId: "other" })).toBeNull();
  });

  test("come by column as they come by row, whatever filters hold", async ({ store, reader, kept, databaseUrl }) => {
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
      ...[is("experiment", "other"), is("engine", "none"), is("repeat", "0", "1"), is("records", "1")],
      {
        is: is("attack.at", "0", "2").is,
        within: [
          { measure: "auc", min: 0.1 },
          { measure: "gap" as const, max: 1 },
        ],
      },
    ];
    for (const filter of filters) {
      const memory = await current(kept);
      const places = await expectSamePages(memory, reader, filter);
      const rows = places.map((row) => JSON.parse(String(keepRowTexts().of(memory, row))));
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
