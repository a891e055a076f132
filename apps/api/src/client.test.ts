import { mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { catalog } from "@shadowfarm/ml/catalog";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";
import { expect, test } from "vitest";
import { routesOf } from "./app.ts";
import { openApiOf } from "./openapi.ts";

/** A program against the generated types; the lines with @ts-expect-error must not compile. */
const program = `
import type { components, paths } from "./api.ts";

type Query = NonNullable<paths["/results"]["get"]["parameters"]["query"]>;
type Groups = paths["/results/groups"]["get"]["responses"][200]["content"]["application/json"];
type Submission = paths["/experiments"]["post"]["requestBody"]["content"]["application/json"];

export const query: Query = { dataset: ["mnist"], "attack.shadows": ["16"], "auc.min": 0.6, sort: "-auc" };
export const submission: Submission = { spec: { name: "mine" }, priority: 1 };
export function means({ groups }: Groups): (number | null)[] {
  return groups.map(({ metrics }) => metrics.auc?.mean ?? null);
}
export function said(problem: components["schemas"]["Problem"]): string {
  return problem.detail;
}
// @ts-expect-error there is no such filter
export const wrong: Query = { datset: ["mnist"] };
// @ts-expect-error a specification is needed
export const empty: Submission = {};
`;

test("a client made from the document by openapi-typescript type-checks", async () => {
  const document = openApiOf(routesOf(catalog));
  // Below this package, so that nothing else has to be found.
  const folder = await mkdtemp(path.join(fileURLToPath(new URL("..", import.meta.url)), "client-"));
  try {
    const file = path.join(folder, "program.ts");
    await writeFile(path.join(folder, "api.ts"), astToString(await openapiTS(document as never)));
    await writeFile(file, program);
    const options: ts.CompilerOptions = {
      strict: true,
      noEmit: true,
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      allowImportingTsExtensions: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      types: [],
      lib: ["lib.es2023.d.ts"],
      skipLibCheck: true,
    };
    const problems = ts.getPreEmitDiagnostics(ts.createProgram([file], options));
    expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
