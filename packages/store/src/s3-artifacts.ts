import { createHash, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { ArtifactCorrupt } from "@shadowfarm/core/errors";
import { openCache } from "./artifact-cache.ts";
import { describeLocation, type S3Location } from "./artifact-location.ts";
import { type ArtifactRef, type Artifacts, FRESH_MS } from "./artifacts.ts";
import { isAbsent, isForbidden, type S3Use, s3Fault } from "./s3-faults.ts";
import { hashOfName, storedName } from "./stored-name.ts";
import { encodeBundle } from "./tensors.ts";

/** Bytes of one part of an upload; a smaller artifact is put at once. */
const PART_BYTES = 16 * 2 ** 20;
const PARTS_AT_ONCE = 4;
/** Tries of a request that met a busy or broken server, with growing pauses between them. */
const ATTEMPTS = 8;

/** A bucket of artifacts. What is read is kept in a folder of this machine, so that rows can be asked for singly. */
export function openS3(location: S3Location): Artifacts {
  const { bucket, prefix } = location;
  const client = openClient(location);
  const cache = openCache(location.cacheFolder, location.cacheBytes);
  const objectOf = (name: string) => ({ Bucket: bucket, Key: prefix + name });
  const placeOf = ({ sha256 }: ArtifactRef) => `${storedName(sha256)} in ${describeLocation(location)}`;

  const ask = <T>(use: S3Use, request: Promise<T>): Promise<T> =>
    request.catch((error: unknown) => Promise.reject(s3Fault(location, use, error)));

  /** The stored bytes as they arrive. @throws {ArtifactCorrupt} when there are none. */
  const stream = async (ref: ArtifactRef): Promise<Readable> => {
    try {
      const { Body } = await client.send(new GetObjectCommand(objectOf(storedName(ref.sha256))));
      return Body as Readable;
    } catch (error) {
      if (isAbsent(error)) throw new ArtifactCorrupt(`artifact ${placeOf(ref)} is missing`);
      throw s3Fault(location, "read", error);
    }
  };
  /** @throws {ArtifactCorrupt} when the bytes, all of which `take` was given, are not those of the name. */
  const download = async (ref: ArtifactRef, take: (chunk: Uint8Array) => Promise<void> | void): Promise<void> => {
    const hash = createHash("sha256");
    const body = await stream(ref);
    const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    for (;;) {
      const { done, value } = await ask("read", chunks.next());
      if (done) break;
      hash.update(value);
      await take(value);
    }
    const found = hash.digest("hex");
    if (found === ref.sha256) return;
    throw new ArtifactCorrupt(
      `artifact ${placeOf(ref)} has SHA-256 ${found} instead of ${ref.sha256}; it was altered after it was put`,
    );
  };
  const isGood = async (ref: ArtifactRef): Promise<boolean> => {
    try {
      const { LastModified } = await client.send(new HeadObjectCommand(objectOf(storedName(ref.sha256))));
      // An older one is put again, without being read: that makes it young, and mends it besides.
      if (!LastModified || Date.now() - LastModified.getTime() > FRESH_MS) return false;
    } catch (error) {
      // The PUT that follows will be told why it is forbidden.
      if (isAbsent(error) || isForbidden(error)) return false;
      throw s3Fault(location, "read", error);
    }
    return download(ref, () => {}).then(
      () => true,
      (error) => (error instanceof ArtifactCorrupt ? false : Promise.reject(error)),
    );
  };

  return {
    async put(bundle) {
      const parts = encodeBundle(bundle);
      const hash = createHash("sha256");
      for (const part of parts) hash.update(part);
      const ref = { sha256: hash.digest("hex"), bytes: parts.reduce((sum, { length }) => sum + length, 0) };
      if (!(await isGood(ref))) await ask("written", upload(client, objectOf(storedName(ref.sha256)), ref, parts));
      return ref;
    },
    get: (ref) => cache.with(ref, download, (kept) => kept.get(ref)),
    open: (ref) => cache.with(ref, download, (kept) => kept.open(ref)),
    verify: (ref) => download(ref, () => {}),
    async *list() {
      let from: string | undefined;
      do {
        const page = await ask(
          "listed",
          client.send(
            new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...(from && { ContinuationToken: from }) }),
          ),
        );
        for (const { Key = "", Size = 0, LastModified } of page.Contents ?? []) {
          const name = Key.slice(prefix.length);
          const sha256 = hashOfName(name);
          if (sha256 !== undefined && LastModified) yield { name, sha256, bytes: Size, putAt: LastModified };
        }
        from = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (from);
    },
    async remove(name) {
      await ask("removed from", client.send(new DeleteObjectCommand(objectOf(name))));
    },
    async probe() {
      const object = objectOf(`probe-${randomUUID()}`);
      await ask("written", client.send(new PutObjectCommand({ ...object, Body: new Uint8Array(1) })));
      await ask("read", client.send(new HeadObjectCommand(object)));
      // Who may not remove can still work; `artifacts gc` is told then.
      await client.send(new DeleteObjectCommand(object)).catch(() => {});
    },
  };
}

/** A put is seen whole or not at all, in parts too: they become an object with the last request. */
async function upload(
  client: S3Client,
  object: { Bucket: string; Key: string },
  { bytes }: ArtifactRef,
  parts: readonly Uint8Array[],
): Promise<void> {
  if (bytes <= PART_BYTES) {
    await client.send(new PutObjectCommand({ ...object, Body: Buffer.concat(parts) }));
    return;
  }
  const Body = Readable.from(chunksOf(parts), { objectMode: false });
  await new Upload({ client, params: { ...object, Body }, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }).done();
}

function* chunksOf(parts: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const part of parts) {
    for (let from = 0; from < part.length; from += 2 ** 20) yield part.subarray(from, from + 2 ** 20);
  }
}

function openClient({ endpoint, region, pathStyle, credentials }: S3Location): S3Client {
  // On each start it would tell of the Node version that later releases of it need, which whoever installs one is told.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  return new S3Client({
    region,
    forcePathStyle: pathStyle,
    maxAttempts: ATTEMPTS,
    // Requests are signed over their content, and artifacts verified by their names; older stores know no other checksum.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(endpoint !== null && { endpoint }),
    ...(credentials !== null && { credentials }),
  });
}
