import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEmbedded } from "./embedded.ts";
import { draftMigration, MIGRATIONS_FOLDER } from "./migrate.ts";

// `npm run migration -- NAME`: writes prisma/migrations/<time>_NAME from the difference to schema.prisma.
const [name] = process.argv.slice(2);
if (!name) {
  process.stderr.write("name the migration: npm run migration -- add-something\n");
  process.exit(2);
}
const home = await mkdtemp(path.join(tmpdir(), "shadowfarm-migration-"));
await chmod(home, 0o755); // The database may be run by another user.
const postgres = await startEmbedded(home);
try {
  const sql = await draftMigration(postgres.url);
  if (sql === null) {
    process.stdout.write("schema.prisma and the migrations agree; nothing to write\n");
  } else {
    const time = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
    const folder = path.join(MIGRATIONS_FOLDER, `${time}_${name}`);
    await mkdir(folder);
    await writeFile(path.join(folder, "migration.sql"), sql);
    process.stdout.write(`wrote ${folder}\n`);
  }
} finally {
  await postgres.stop();
  await rm(home, { recursive: true, force: true });
}
