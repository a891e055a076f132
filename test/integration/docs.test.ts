import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { environmentSchema } from "@shadowfarm/core/environment";
import { catalog } from "@shadowfarm/ml/catalog";
import { expect } from "vitest";
import { test } from "../fixtures.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

async function documents(): Promise<string[]> {
  const decisions = await readdir(path.join(ROOT, "docs/decisions"));
  const guides = [
    "docs/attacks.md",
    "docs/defenses.md",
    "docs/engine.md",
    "docs/datasets.md",
    "docs/cluster.md",
    "docs/api.md",
    "docs/dashboard.md",
  ];
  return [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    ...guides,
    ...decisions.map((name) => `docs/decisions/${name}`),
  ];
}

test("every link of the documentation leads somewhere", async () => {
  const dead: string[] = [];
  for (const document of await documents()) {
    const text = await readFile(path.join(ROOT, document), "utf8");
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
      if (!existsSync(path.resolve(ROOT, path.dirname(document), target as string)))
        dead.push(`${document}: ${target}`);
    }
  }
  expect(dead).toEqual([]);
});

test("the README names every environment variable", async () => {
  const text = await readFile(path.join(ROOT, "README.md"), "utf8");
  expect(Object.keys(environmentSchema.shape).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

test("the table of attacks names every attack", async () => {
  const text = await readFile(path.join(ROOT, "docs/attacks.md"), "utf8");
  expect(Object.keys(catalog.attacks).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

test("the table of defenses names every defense, with each of its parameters", async () => {
  const text = await readFile(path.join(ROOT, "docs/defenses.md"), "utf8");
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  const missing = Object.entries(catalog.defenses).flatMap(([name, { params }]) => {
    const row = rows.find((line) => line.startsWith(`| \`${name}\` |`));
    if (!row) return [name];
    return Object.keys(params.shape).flatMap((param) => (row.includes(`\`${param}\``) ? [] : [`${name}: ${param}`]));
  });
  expect(missing).toEqual([]);
});

test("the README's commands and experiment files are accepted", async ({ cli, folder }) => {
  const { stdout } = await cli.run(["--help"]);
  for (const command of [
    "run",
    "plan",
    "submit",
    "status",
    "results",
    "compare",
    "report",
    "explain",
    "api",
    "tokens",
    "set",
    "users",
    "cancel",
    "retry",
    "logs",
    "attack",
    "up",
    "data",
    "catalog",
    "doctor",
    "db",
    "artifacts",
  ]) {
    expect(stdout).toMatch(new RegExp(`^  ${command} `, "m"));
  }
  const readme = await readFile(path.join(ROOT, "README.md"), "utf8");
  for (const [index, [, yaml]] of [...readme.matchAll(/```yaml\n([\s\S]*?)```/g)].entries()) {
    const file = path.join(folder, `readme-${index}.yaml`);
    await writeFile(file, yaml as string);
    const planned = await cli.run(["plan", file, "--json"]);
    expect(planned).toMatchObject({ code: 0, stderr: "" });
  }
  const examples = path.join(ROOT, "apps/farm/experiments");
  for (const name of (await readdir(examples)).filter((file) => file.endsWith(".yaml"))) {
    expect(await cli.run(["plan", path.join(examples, name), "--json"])).toMatchObject({ code: 0, stderr: "" });
  }
});
