// Checks infra/ as far as that goes without Docker, Kubernetes, Slurm and a GPU: `npm run check:infra`.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { validate as validateDockerfile } from "dockerfile-utils";
import { parse, parseAllDocuments } from "yaml";
import { environmentSchema } from "../../packages/core/src/environment.ts";
import { composeProblems } from "./compose.ts";
import { obtainHelm } from "./helm.ts";
import { type Manifest, parseManifests, schemaProblems, typecheck } from "./manifests.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CHART = path.join(ROOT, "infra/helm/shadowfarm");

/** Settings that infra/ passes on and other work in progress adds to the environment; take each out when it is there. */
const COMING: string[] = [];
/** Read by infra/entrypoint.sh itself. */
const OF_THE_ENTRY = ["DATABASE_URL_FILE", "REDIS_URL_FILE"];

/** Values that a cluster may have: the least that is needed, everything, nothing but Postgres and a shared folder. */
const CLUSTERS: Record<string, string> = {
  least: "artifacts.s3.url=s3://bucket/prefix",
  everything:
    "artifacts.s3.url=s3://bucket/prefix,artifacts.s3.endpoint=https://minio.lab,artifacts.s3.region=eu,artifacts.s3.secret=s3,redis.secret=redis,api.database.secret=api-database,redis.files[0]=ca.crt,traces.endpoint=http://collector:4318,datasets.claim=datasets,autoscaling.enabled=true,pools.gpu.replicas=2,imagePullSecrets[0].name=registry",
  folder:
    "artifacts.claim=artifacts,metricsPort=0,api.replicas=0,networkPolicy.enabled=false,podDisruptionBudget.enabled=false,autoscaling.enabled=true,autoscaling.trigger=prometheus",
};
/** Values that must be refused. */
const MISTAKES = [
  "engine=gpu",
  "pools.cpu.slot=2",
  "database.secret=",
  "image.tag=latest",
  "artifacts.s3.url=http://b",
  "traces.endpoint=collector",
  "api.port=0",
];

const files = readdirSync(path.join(ROOT, "infra"), { recursive: true, encoding: "utf8" })
  .map((name) => path.join("infra", name))
  .filter((name) => !/^infra\/(?:check|secrets)\b/.test(name) && statSync(path.join(ROOT, name)).isFile());
const read = (name: string) => readFileSync(path.join(ROOT, name), "utf8");

function run(command: string, args: readonly string[]) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: ROOT, encoding: "utf8" });
  return { ok: status === 0, stdout, output: error ? error.message : `${stdout}${stderr}`.trim() };
}

function yamlProblems(): string[] {
  return files
    .filter((name) => /\.ya?ml$/.test(name) && !name.includes("/templates/"))
    .flatMap((name) =>
      parseAllDocuments(read(name), { merge: true }).flatMap(({ errors, warnings }) =>
        [...errors, ...warnings].map((problem) => `${name}: ${problem.message}`),
      ),
    );
}

function environmentProblems(): string[] {
  const known = new Set([...Object.keys(environmentSchema.shape), ...OF_THE_ENTRY]);
  return files.flatMap((name) =>
    [...new Set(read(name).match(/\b(?:SHADOWFARM|DATABASE|REDIS|ARTIFACTS|OTEL)_[A-Z0-9_]+\b/g))]
      .filter((variable) => !known.has(variable) && !COMING.includes(variable))
      .map((variable) => `${name}: ${variable} is not in packages/core/src/environment.ts`),
  );
}

function dashboardProblems(): string[] {
  const served = new Set(
    ["scheduler", "worker"].flatMap((app) => read(`apps/${app}/src/watch.ts`).match(/\bshadowfarm_\w+/g) ?? []),
  );
  const used = new Set(read("infra/grafana/dashboards/shadowfarm.json").match(/\bshadowfarm_\w+/g));
  return [...used]
    .filter((name) => !served.has(name.replace(/_(?:bucket|count|sum)$/, "")))
    .map((name) => `no metric is called ${name}`);
}

function shellProblems(): string[] {
  const scripts = files.filter((name) => /\.(?:sh|sbatch)$/.test(name));
  const { ok, output } = run("shellcheck", scripts);
  return ok ? [] : [output.includes("ENOENT") ? "shellcheck is missing; apt-get install shellcheck" : output];
}

/** Whatever the Deployments, services, budgets and policies select must be there. */
function selectorProblems(manifests: readonly Manifest[]): string[] {
  const labelsOf = ({ spec }: Manifest) =>
    (spec?.template as { metadata: Manifest["metadata"] } | undefined)?.metadata.labels;
  const pods = manifests.map(labelsOf).filter((labels) => labels !== undefined);
  return manifests.flatMap(({ kind, metadata, spec }) => {
    const selector = (spec?.selector ?? spec?.podSelector) as Record<string, unknown> | undefined;
    if (!selector) return [];
    // A service's is the labels themselves.
    const wanted = Object.entries((selector.matchLabels ?? selector) as Record<string, string>);
    if (pods.some((labels) => wanted.every(([key, value]) => labels[key] === value))) return [];
    return [`${kind} ${metadata.name} selects no pod`];
  });
}

async function chartProblems(): Promise<string[]> {
  const values = parse(read("infra/helm/shadowfarm/values.yaml"));
  const ajv = new Ajv({
    strict: true,
    allErrors: true,
    allowUnionTypes: true,
    strictTypes: false,
    strictRequired: false,
  });
  if (!ajv.validate(JSON.parse(read("infra/helm/shadowfarm/values.schema.json")), values)) {
    return [`values.yaml ${ajv.errorsText()}`];
  }
  const helm = obtainHelm(ROOT);
  const problems: string[] = [];
  const all: Manifest[] = [];
  for (const [name, settings] of Object.entries(CLUSTERS)) {
    const lint = run(helm, ["lint", "--strict", "--quiet", CHART, "--set", settings]);
    if (!lint.ok) problems.push(`helm lint, ${name}: ${lint.output}`);
    const rendered = run(helm, ["template", "farm", CHART, "--set", settings]);
    if (!rendered.ok) problems.push(`helm template, ${name}: ${rendered.output}`);
    else {
      const manifests = parseManifests(rendered.stdout);
      problems.push(...(await schemaProblems(manifests)), ...selectorProblems(manifests));
      all.push(...manifests);
    }
  }
  problems.push(...typecheck(ROOT, all));
  for (const mistake of MISTAKES) {
    if (run(helm, ["template", "farm", CHART, "--set", CLUSTERS.least as string, "--set", mistake]).ok) {
      problems.push(`helm accepts ${mistake}`);
    }
  }
  process.stdout.write(`${all.length} manifests of ${Object.keys(CLUSTERS).length} clusters rendered\n`);
  return problems;
}

const checks: Record<string, () => string[] | Promise<string[]>> = {
  "every YAML file parses": yamlProblems,
  "environment variables exist": environmentProblems,
  "compose.yaml keeps to the Compose specification": () => composeProblems(read("infra/compose.yaml")),
  "the Dockerfile parses and has no known mistake": () =>
    validateDockerfile(read("infra/Dockerfile")).map(
      ({ message, range }) => `line ${range.start.line + 1}: ${message}`,
    ),
  "the dashboard asks for metrics that exist": dashboardProblems,
  "shellcheck accepts every script": shellProblems,
  "the chart's values and manifests are valid": chartProblems,
};

for (const [what, check] of Object.entries(checks)) {
  const problems = await check();
  process.stdout.write(`${problems.length === 0 ? "ok  " : "FAIL"} ${what}\n`);
  for (const problem of problems) process.stdout.write(`     ${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
}
const ready = COMING.filter((name) => name in environmentSchema.shape);
if (ready.length > 0) process.stdout.write(`note: take ${ready.join(", ")} out of COMING: the environment has it\n`);
