import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from "@prisma/driver-adapter-utils";
import * as bindings from "@prisma/schema-engine-wasm/schema_engine_bg";
import pg from "pg";

/** Prisma's own schema engine, which authors, applies and compares migrations. */
export type SchemaEngine = bindings.SchemaEngine;
export type { MigrationList } from "@prisma/schema-engine-wasm/schema_engine_bg";

let instantiated: Promise<void> | null = null;

/**
 * Prisma's schema engine in its WebAssembly form, speaking to a database through the pg adapter: unlike the native
 * engine it comes with the package, so that nothing is downloaded.
 *
 * @param url the database
 * @param datamodel the text of schema.prisma, when a command compares with it
 */
export async function openSchemaEngine(
  url: string,
  datamodel?: string,
): Promise<{ engine: SchemaEngine; close(): Promise<void> }> {
  instantiated ??= instantiate();
  await instantiated;
  const datamodels: [string, string][] | undefined =
    datamodel === undefined ? undefined : [["schema.prisma", datamodel]];
  const pool = poolOf(url);
  const adapter = bindMigrationAwareSqlAdapterFactory(new MigrationAdapter(url, pool));
  return {
    engine: await bindings.SchemaEngine.new({ datamodels }, () => {}, adapter),
    close: () => pool.end(),
  };
}

/** The pg adapter, mended where it stops the schema engine. */
class MigrationAdapter extends PrismaPg {
  readonly #url: string;

  constructor(url: string, pool: pg.Pool) {
    super(pool);
    this.#url = url;
  }

  override async connect() {
    const adapter = await super.connect();
    // The adapter's own splits a script at its semicolons, and so would the body of a function.
    adapter.executeScript = async (script) => void (await adapter.underlyingDriver().query(script));
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query);
      const columnTypes = result.columnTypes.map((type) =>
        type === ColumnTypeEnum.Uuid ? ColumnTypeEnum.Character : type,
      );
      return { ...result, columnTypes };
    };
    return adapter;
  }

  /** The adapter's own shadow database is dropped while still connected to, which Postgres refuses. */
  override async connectToShadowDb() {
    const name = `shadowfarm_shadow_${randomUUID().replaceAll("-", "")}`;
    const owner = new pg.Client({ connectionString: this.#url });
    await owner.connect();
    await owner.query(`CREATE DATABASE ${name}`);
    const url = new URL(this.#url);
    url.pathname = `/${name}`;
    const pool = poolOf(url.href);
    const shadow = await new MigrationAdapter(url.href, pool).connect();
    shadow.dispose = async () => {
      await pool.end();
      await owner.query(`DROP DATABASE ${name}`);
      await owner.end();
    };
    return shadow;
  }
}

const CHAR_OID = 18;
const UUID_OID = 2950;

/**
 * The adapter refuses the system catalogue's type "char", which the engine reads. Here such columns pass it as UUIDs, of
 * which the catalogue has none, and `connect` names them characters on the other side.
 */
function poolOf(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  const query = pool.query.bind(pool) as (
    request: pg.QueryArrayConfig,
  ) => Promise<pg.QueryArrayResult | pg.QueryArrayResult[]>;
  pool.query = (async (request: pg.QueryArrayConfig) => {
    const result = await query(request);
    // A script of several statements has as many results.
    for (const { fields } of [result].flat()) {
      for (const field of fields) if (field.dataTypeID === CHAR_OID) field.dataTypeID = UUID_OID;
    }
    return result;
  }) as unknown as typeof pool.query;
  return pool;
}

async function instantiate(): Promise<void> {
  const file = createRequire(import.meta.url)
    .resolve("@prisma/schema-engine-wasm/schema_engine_bg")
    .replace(/\.js$/, ".wasm");
  // The engine's guard against a database that does not answer would hold up the end of the process for ten seconds.
  const unreferenced = (callback: () => void, ms: number) => setTimeout(callback, ms).unref();
  const imports = Object.entries(bindings).map(([name, binding]) => [
    name,
    name.startsWith("__wbg_setTimeout") ? unreferenced : binding,
  ]);
  const { instance } = await WebAssembly.instantiate(await readFile(file), {
    "./schema_engine_bg.js": Object.fromEntries(imports),
  });
  const exported = instance.exports as { __wbindgen_start(): void };
  (bindings as unknown as { __wbg_set_wasm(wasm: unknown): void }).__wbg_set_wasm(exported);
  // Where the engine leaves the reason of a panic before it traps.
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: {
      set_message: (message: string) => process.stderr.write(`schema engine: ${message}\n`),
    },
  });
  exported.__wbindgen_start();
}
