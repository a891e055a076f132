import { EnvironmentFault, StoreUnusable } from "@shadowfarm/core/errors";
import { describeLocation, type S3Location } from "./artifact-location.ts";

/** What is asked of a store, as messages say it. */
export type S3Use = "read" | "written" | "listed" | "removed from";

const CREDENTIALS = [
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "ExpiredToken",
  "InvalidToken",
  "TokenRefreshRequired",
  "CredentialsProviderError",
  "CredentialsError",
];
const REGION = ["PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"];
const THROTTLED = ["SlowDown", "ServiceUnavailable", "RequestLimitExceeded", "Throttling", "TooManyRequestsException"];

const permissionFor = {
  read: "s3:GetObject and s3:ListBucket",
  written: "s3:PutObject and s3:GetObject",
  listed: "s3:ListBucket",
  "removed from": "s3:DeleteObject",
} satisfies Record<S3Use, string>;

/** Whether a store says that it has no such object (and not that there is no such bucket). */
export function isAbsent(error: unknown): boolean {
  const { name, status } = described(error);
  return name === "NoSuchKey" || (status === 404 && name !== "NoSuchBucket");
}

/** Whether a store refuses without saying why; its answer to a HEAD request has no room for that. */
export function isForbidden(error: unknown): boolean {
  return described(error).status === 403;
}

/** What a client's error means for the person who set the store up: which value, where, and what to do. */
export function s3Fault(location: S3Location, use: S3Use, error: unknown): EnvironmentFault {
  const { name, status, message, code } = described(error);
  const place = `the artifact store ${describeLocation(location)}`;
  const fault = (text: string) => new EnvironmentFault(text, { cause: error });
  if (name === "NoSuchBucket") {
    return fault(`${place}: there is no bucket "${location.bucket}"; create it, or correct SHADOWFARM_ARTIFACTS`);
  }
  if (CREDENTIALS.includes(name)) {
    const who = location.credentials
      ? `access key "${location.credentials.accessKeyId}" is refused (${name}); correct SHADOWFARM_S3_ACCESS_KEY and SHADOWFARM_S3_SECRET_KEY`
      : `the AWS tools' credentials are refused or absent (${name}); set SHADOWFARM_S3_ACCESS_KEY and SHADOWFARM_S3_SECRET_KEY, or mend AWS_PROFILE or the role`;
    return fault(`${place}: ${who}`);
  }
  if (REGION.includes(name) || status === 301) {
    return fault(`${place}: the bucket is not in region "${location.region}" (${name}); set SHADOWFARM_S3_REGION`);
  }
  if (status === 403) {
    return fault(`${place} may not be ${use} (${name}); grant the credentials ${permissionFor[use]} on it`);
  }
  if (THROTTLED.includes(name) || status === 429 || status === 503) {
    return new StoreUnusable(`${place} is too busy (${name}); it was asked several times with growing pauses`, error);
  }
  const what = code ?? (name === "Error" ? message : `${name}: ${message}`);
  const remedy = /CERT|SELF_SIGNED|SSL|TLS/.test(what)
    ? "name its authority in NODE_EXTRA_CA_CERTS"
    : "see that it runs, and check SHADOWFARM_S3_ENDPOINT";
  return new StoreUnusable(`${place} cannot be ${use} (${what}); ${remedy}`, error);
}

function described(error: unknown): { name: string; status: number | undefined; message: string; code?: string } {
  if (!(error instanceof Error)) return { name: "Error", status: undefined, message: String(error) };
  const { name, message, code, $metadata } = error as Error & {
    code?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  const status = $metadata?.httpStatusCode;
  return { name, status, message, ...(typeof code === "string" && { code }) };
}
