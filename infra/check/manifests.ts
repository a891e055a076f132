import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseAllDocuments } from "yaml";

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
  spec?: Record<string, unknown>;
}

/** The documents of a rendered chart. */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** The module of `kubernetes-models` that has a manifest's class. */
function moduleOf({ apiVersion }: Manifest): string {
  return apiVersion.startsWith("keda.sh/")
    ? `@kubernetes-models/keda/${apiVersion}`
    : `kubernetes-models/${apiVersion}`;
}

/** Holds each manifest against the OpenAPI schema of its kind. Unknown fields pass here; `typecheck` finds those. */
export async function schemaProblems(manifests: readonly Manifest[]): Promise<string[]> {
  const problems: string[] = [];
  for (const manifest of manifests) {
    const where = `${manifest.kind} ${manifest.metadata.name}`;
    const models = await import(moduleOf(manifest)).catch(() => ({}));
    const Model = models[manifest.kind];
    if (!Model) {
      problems.push(`${where}: ${manifest.apiVersion} has no such kind`);
      continue;
    }
    try {
      new Model(manifest).validate();
    } catch (error) {
      problems.push(`${where}: ${(error as Error).message}`);
    }
  }
  return problems;
}

/** Writes the manifests as literals of their types: TypeScript refuses a field that a type does not have. */
export function typecheck(root: string, manifests: readonly Manifest[]): string[] {
  const folder = path.join(root, "node_modules/.cache/shadowfarm/manifests");
  mkdirSync(folder, { recursive: true });
  const literals = manifests.map((manifest) => {
    const type = `import(${JSON.stringify(moduleOf(manifest))}).I${manifest.kind}`;
    return `export const _${manifests.indexOf(manifest)}: ${type} = ${JSON.stringify(manifest, null, 1)};`;
  });
  writeFileSync(path.join(folder, "manifests.ts"), literals.join("\n"));
  writeFileSync(
    path.join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        module: "esnext",
        moduleResolution: "bundler",
        noEmit: true,
        strict: true,
        skipLibCheck: true,
        types: [],
      },
    }),
  );
  const { status, stdout } = spawnSync("npx", ["--no-install", "tsc", "-p", folder], { cwd: root, encoding: "utf8" });
  return status === 0 ? [] : stdout.trim().split("\n");
}
