import { readFile } from "node:fs/promises";
import type { Catalog } from "@shadowfarm/core/catalog";
import { InvalidInput, messageOf } from "@shadowfarm/core/errors";
import { type Experiment, formatPath, InvalidExperiment, parseExperiment } from "@shadowfarm/core/experiment";
import type { Problem } from "@shadowfarm/core/validation";
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";

/** An experiment file that was read; `describe` turns problems into lines that say where in the file they are. */
export interface SpecFile {
  file: string;
  experiment: Experiment;
  describe(problems: readonly Problem[]): InvalidInput;
}

/**
 * Reads an experiment file in YAML or JSON, which is a part of YAML.
 *
 * @throws {InvalidInput} one line per problem: file, line, place, value, remedy.
 */
export async function readSpecFile(file: string, catalog: Catalog): Promise<SpecFile> {
  const content = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInput(`${file}: cannot be read (${error.code}); give the path of an experiment file`);
  });
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  if (document.errors.length > 0) {
    throw new InvalidInput(
      document.errors.map(({ code, message, pos }) => {
        const problem =
          code === "MULTIPLE_DOCS"
            ? "a second document begins; give each experiment a file of its own"
            : `not YAML: ${message}; mend that line`;
        return `${file}:${lines.linePos(pos[0]).line}: ${problem}`;
      }),
    );
  }
  if (document.contents === null) {
    throw new InvalidInput(`${file}: holds no experiment; write at least name, datasets and attacks`);
  }
  const describe = (problems: readonly Problem[]) =>
    new InvalidInput(
      problems.map(({ path, message }) => `${file}:${lineOf(document, path, lines)}: ${formatPath(path)}: ${message}`),
    );
  try {
    return { file, experiment: parseExperiment(contentOf(document, file), catalog), describe };
  } catch (error) {
    throw error instanceof InvalidExperiment ? describe(error.problems) : error;
  }
}

function contentOf(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new InvalidInput(
      `${file}: its aliases (*name) cannot be followed: ${messageOf(error)}; write the values out instead`,
    );
  }
}

/** The line of the key or list entry at a path, or of the nearest thing around it that the file has. */
function lineOf(document: Document, path: readonly PropertyKey[], lines: LineCounter): number {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const step = String(path[length - 1]);
    const node = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === step)?.key
      : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
