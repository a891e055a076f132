import { readFileSync } from "node:fs";
import path from "node:path";
import { type Environment, S3_URL } from "@shadowfarm/core/environment";
import { InvalidInput } from "@shadowfarm/core/errors";

/** A folder: local, or on a file system that machines share. */
interface FolderLocation {
  kind: "folder";
  folder: string;
}

/** A bucket of Amazon's S3 or of a store that speaks its protocol. */
export interface S3Location {
  kind: "s3";
  bucket: string;
  /** Before the name of every object; empty, or ending in a slash. */
  prefix: string;
  /** Null: Amazon's for the region. */
  endpoint: string | null;
  region: string;
  /** Whether the bucket is named in the path and not in the host name. */
  pathStyle: boolean;
  /** Null: found as the AWS tools find them, and renewed when they expire. */
  credentials: { accessKeyId: string; secretAccessKey: string } | null;
  /** Where artifacts are kept that were read, and how many bytes of them at most. */
  cacheFolder: string;
  cacheBytes: number;
}

/** Where artifacts are kept. It may hold a secret, so it goes into no message. */
export type ArtifactsLocation = FolderLocation | S3Location;

/** @throws {InvalidInput} when half of the credentials is missing, or a file that should hold them cannot be read. */
export function artifactsLocationOf(env: Environment): ArtifactsLocation {
  const where = env.SHADOWFARM_ARTIFACTS ?? env.ARTIFACTS_FOLDER;
  const [, bucket, rest = ""] = S3_URL.exec(where ?? "") ?? [];
  if (bucket === undefined) {
    return { kind: "folder", folder: path.resolve(where ?? path.join(env.SHADOWFARM_HOME, "artifacts")) };
  }
  const prefix = rest.replace(/^\/+|\/+$/g, "");
  const endpoint = env.SHADOWFARM_S3_ENDPOINT ?? null;
  return {
    kind: "s3",
    bucket,
    prefix: prefix === "" ? "" : `${prefix}/`,
    endpoint,
    region: env.SHADOWFARM_S3_REGION ?? env.AWS_REGION ?? "us-east-1",
    pathStyle: (env.SHADOWFARM_S3_PATH_STYLE ?? (endpoint === null ? "0" : "1")) === "1",
    credentials: credentialsOf(env),
    cacheFolder: path.resolve(env.SHADOWFARM_HOME, "artifact-cache"),
    cacheBytes: env.SHADOWFARM_ARTIFACT_CACHE * 1e9,
  };
}

/** How a location is called in messages. */
export function describeLocation(location: ArtifactsLocation): string {
  if (location.kind === "folder") return location.folder;
  const { bucket, prefix, endpoint } = location;
  return `s3://${bucket}/${prefix}${endpoint === null ? "" : ` at ${new URL(endpoint).origin}`}`;
}

/** What of a location must not be shown. */
export function secretsOf(location: ArtifactsLocation): string[] {
  return location.kind === "s3" && location.credentials ? [location.credentials.secretAccessKey] : [];
}

function credentialsOf(env: Environment): S3Location["credentials"] {
  const accessKeyId = secretOf(env, "SHADOWFARM_S3_ACCESS_KEY");
  const secretAccessKey = secretOf(env, "SHADOWFARM_S3_SECRET_KEY");
  if (accessKeyId === null && secretAccessKey === null) return null;
  if (accessKeyId === null || secretAccessKey === null) {
    const missing = accessKeyId === null ? "SHADOWFARM_S3_ACCESS_KEY" : "SHADOWFARM_S3_SECRET_KEY";
    throw new InvalidInput(
      `${missing}: missing; set it (or ${missing}_FILE) beside its other half, or neither to use the AWS tools' credentials`,
    );
  }
  return { accessKeyId, secretAccessKey };
}

function secretOf(env: Environment, name: "SHADOWFARM_S3_ACCESS_KEY" | "SHADOWFARM_S3_SECRET_KEY"): string | null {
  const file = env[`${name}_FILE`];
  if (file === undefined) return env[name] ?? null;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new InvalidInput(`${name}_FILE: "${file}" cannot be read (${code}); name a file that holds the value`);
  }
}
