import { readFile } from "node:fs/promises";
import { InvalidInput } from "@shadowfarm/core/errors";
import { type Experiment, formatPath, InvalidExperiment, parseExperiment } from "@shadowfarm/core/experiment";
import type { Problem } from "@shadowfarm/core/validation";
import { catalog } from "@shadowfarm/ml/catalog";
import { type Document, isNode, LineCounter, parseDocument } from "yaml";

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
export async function readSpecFile(file: string): Promise<SpecFile> {
  const content = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInput(`${file}: cannot be read (${error.code}); give the path of an experiment file`);
  });
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new InvalidInput(
      document.errors.map(
        ({ message, pos }) => `${file}:${lines.linePos(pos[0]).line}: not YAML: ${message}; mend that line`,
      ),
    );
  }
  const describe = (problems: readonly Problem[]) =>
    new InvalidInput(
      problems.map(({ path, message }) => `${file}:${lineOf(document, path, lines)}: ${formatPath(path)}: ${message}`),
    );
  try {
    return { file, experiment: parseExperiment(document.toJS({ maxAliasCount: 100 }), catalog), describe };
  } catch (error) {
    throw error instanceof InvalidExperiment ? describe(error.problems) : error;
  }
}

/** The line of the value at a path, or of the nearest thing around it that the file has. */
function lineOf(document: Document, path: readonly PropertyKey[], lines: LineCounter): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
