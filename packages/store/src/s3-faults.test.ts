import { expect, test } from "vitest";
import type { S3Location } from "./artifact-location.ts";
import { isAbsent, isForbidden, s3Fault } from "./s3-faults.ts";

const location: S3Location = {
  kind: "s3",
  bucket: "lab",
  prefix: "of/us/",
  endpoint: "https://minio:9000",
  region: "us-east-1",
  pathStyle: true,
  credentials: { accessKeyId: "key", secretAccessKey: "guess" },
  cacheFolder: "cache",
  cacheBytes: 1,
};

function anError(name: string, status?: number, rest: object = {}): Error {
  return Object.assign(new Error(`it is ${name}`), { name, $metadata: { httpStatusCode: status }, ...rest });
}

test.each<[string, number | undefined, object, RegExp, boolean]>([
  ["NoSuchBucket", 404, {}, /there is no bucket "lab"; create it, or correct SHADOWFARM_ARTIFACTS/, false],
  ["ExpiredToken", 400, {}, /access key "key" is refused \(ExpiredToken\)/, false],
  ["PermanentRedirect", 301, {}, /not in region "us-east-1".*set SHADOWFARM_S3_REGION/, false],
  ["AccessDenied", 403, {}, /may not be written \(AccessDenied\); grant the credentials s3:PutObject/, false],
  ["SlowDown", 503, {}, /is too busy \(SlowDown\)/, true],
  ["Error", undefined, { code: "ECONNREFUSED" }, /cannot be written \(ECONNREFUSED\); .*SHADOWFARM_S3_ENDPOINT/, true],
  ["Error", undefined, { code: "SELF_SIGNED_CERT_IN_CHAIN" }, /NODE_EXTRA_CA_CERTS/, true],
  ["InternalError", 500, {}, /cannot be written \(InternalError: it is InternalError\)/, true],
])("%s %s %o is explained", (name, status, rest, message, retryable) => {
  const fault = s3Fault(location, "written", anError(name, status, rest));
  expect(fault.message).toMatch(message);
  expect(fault.message).toContain("s3://lab/of/us/ at https://minio:9000");
  expect(fault.message).not.toContain("guess");
  expect(fault.retryable).toBe(retryable);
});

test("credentials that the AWS tools should have are asked for", () => {
  const fault = s3Fault({ ...location, credentials: null }, "read", anError("CredentialsProviderError"));
  expect(fault.message).toMatch(/refused or absent .*set SHADOWFARM_S3_ACCESS_KEY and .*AWS_PROFILE or the role/);
});

test("an absent object is told from an absent bucket, and from a refusal", () => {
  expect(isAbsent(anError("NoSuchKey", 404))).toBe(true);
  expect(isAbsent(anError("NotFound", 404))).toBe(true);
  expect(isAbsent(anError("NoSuchBucket", 404))).toBe(false);
  expect(isForbidden(anError("Unknown", 403))).toBe(true);
});
