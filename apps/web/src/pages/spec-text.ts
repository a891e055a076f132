import { ApiError } from "../api.ts";

/** YAML is read only where it is needed. */
const yaml = () => import("yaml");

/**
 * An experiment file's content. JSON is YAML too.
 *
 * @throws {ApiError} naming the line, in the form in which the API refuses what the file says.
 */
export async function readSpec(text: string): Promise<unknown> {
  const { parseDocument } = await yaml();
  const document = parseDocument(text, { prettyErrors: true });
  const [problem] = document.errors;
  if (problem) {
    throw new ApiError({ type: "invalid-file", title: "The file is no YAML", status: 422, detail: problem.message });
  }
  return document.toJS();
}

/** The file of an experiment, to be changed and submitted anew. */
export async function writeSpec(spec: Readonly<Record<string, unknown>>): Promise<string> {
  const { stringify } = await yaml();
  return stringify(spec);
}
