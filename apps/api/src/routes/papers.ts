import { paperDetailSchema, papersSchema } from "@shadowfarm/core/api/papers";
import { NotFound } from "@shadowfarm/core/errors";
import type { ExperimentSpec } from "@shadowfarm/core/experiment";
import { canonicalJson } from "@shadowfarm/core/fingerprint";
import { suggestion } from "@shadowfarm/core/suggestion";
import { type ExperimentWithPaper, experimentsVersion, experimentsWithPaper } from "@shadowfarm/store/experiment-pages";
import { listResults } from "@shadowfarm/store/results";
import { z } from "zod";
import { besidePaper, type Comparison } from "../beside-paper.ts";
import { FRESH_MS, type Keeping, type Resources, type Route, route, versionBy } from "../route.ts";

const tag = "papers";
/** What a file may say otherwise without its results being others. */
const words: readonly string[] = ["name", "source", "description", "paper"];
const UNNAMED = "Published numbers of no paper that is named";

/** The files are those that were there at the start. */
const keeping: Keeping = {
  version: versionBy(async ({ reader, results }) =>
    (await Promise.all([experimentsVersion(reader), results.version()])).join(" "),
  ),
  freshMs: FRESH_MS,
};

export const paperRoutes: Route[] = [
  route({
    method: "get",
    path: "/papers",
    role: "reader",
    tag,
    summary: "The papers that experiments rerun, and how many of their numbers are met",
    answer: { name: "Papers", schema: papersSchema },
    keeping,
    async handle({ resources }) {
      return { papers: papersOf(await findReruns(resources)).map(briefOf), problems: [...resources.shipped.problems] };
    },
  }),
  route({
    method: "get",
    path: "/papers/:paper",
    role: "reader",
    tag,
    summary: "One paper: its numbers beside those of each experiment that reruns it",
    params: z.strictObject({ paper: z.string().max(100) }),
    answer: { name: "PaperDetail", schema: paperDetailSchema },
    keeping,
    async handle({ params, resources }) {
      const papers = papersOf(await findReruns(resources));
      const found = papers.find(({ id }) => id === params.paper);
      if (!found) {
        const known = papers.map(({ id }) => id);
        throw new NotFound(`no experiment reruns a paper "${params.paper}"; ${suggestion(params.paper, known)}`);
      }
      const experiments = found.reruns.map(({ name, spec, file, experiment, changed, comparisons }) => ({
        ...{ name, description: spec.description ?? "", file, changed, comparisons },
        experiment: experiment && { id: experiment.id, state: experiment.state },
      }));
      return { ...briefOf(found), experiments };
    },
  }),
];

/** An experiment that reruns a part of a paper: as its file has it, and the newest of its name that was submitted. */
interface Rerun {
  name: string;
  spec: ExperimentSpec;
  file: string | null;
  experiment: ExperimentWithPaper | null;
  changed: string[];
  comparisons: Comparison[];
}

async function findReruns({ reader, store, shipped }: Resources): Promise<Rerun[]> {
  const files = shipped.files.filter(({ spec }) => spec.source !== undefined || spec.paper.length > 0);
  const names = files.map(({ spec }) => spec.name);
  const submitted = await experimentsWithPaper(reader, names);
  const newest = new Map(submitted.map((experiment) => [experiment.name, experiment]));
  const own = files.map(({ file, spec }) => {
    const experiment = newest.get(spec.name) ?? null;
    return { spec, file, experiment, changed: experiment ? differences(spec, experiment.spec) : [] };
  });
  const others = submitted
    .filter(({ name }) => !names.includes(name))
    .map((experiment) => ({ spec: experiment.spec, file: null, experiment, changed: [] }));
  return Promise.all(
    [...own, ...others].map(async ({ spec, experiment, ...rest }) => {
      const numbers = spec.paper ?? [];
      const results = experiment && numbers.length > 0 ? await listResults(store, { experiment: experiment.id }) : [];
      return { ...rest, name: spec.name, spec, experiment, comparisons: besidePaper(numbers, results) };
    }),
  );
}

/** What of two experiments of one name makes their results differ. */
function differences(one: ExperimentSpec, other: ExperimentSpec): string[] {
  const [first, second] = [one, other] as readonly Record<string, unknown>[];
  const fields = [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((field) => !words.includes(field));
  const text = (value: unknown) => (value === undefined ? "" : canonicalJson(value));
  return fields.filter((field) => text(first?.[field]) !== text(second?.[field]));
}

interface Paper {
  id: string;
  source: string;
  reruns: Rerun[];
}

/** Under what comes before the title, so that experiments which cite one paper in two ways are together. */
function papersOf(reruns: readonly Rerun[]): Paper[] {
  const papers = new Map<string, Paper>();
  for (const rerun of reruns) {
    const source = rerun.spec.source ?? UNNAMED;
    const id = idOf(source);
    const paper = papers.get(id) ?? { id, source, reruns: [] };
    paper.reruns.push(rerun);
    papers.set(id, paper);
  }
  return [...papers.values()].sort((one, other) => one.source.localeCompare(other.source, "en"));
}

function idOf(source: string): string {
  const [cited = ""] = source.split(",");
  const words = cited.toLowerCase().match(/[\p{Letter}\p{Number}]+/gu) ?? ["paper"];
  return words.join("-").slice(0, 100);
}

function briefOf({ id, source, reruns }: Paper): z.input<typeof papersSchema>["papers"][number] {
  const all = reruns.flatMap(({ comparisons }) => comparisons);
  const count = (is: (comparison: Comparison) => boolean) => all.filter(is).length;
  return {
    ...{ id, source, files: reruns.length, numbers: all.length },
    within: count(({ holds }) => holds === true),
    beyond: count(({ holds }) => holds === false),
    open: count(({ holds, difference }) => holds === null && difference !== null),
    missing: count(({ difference }) => difference === null),
    synthetic: count(({ synthetic }) => synthetic),
  };
}
