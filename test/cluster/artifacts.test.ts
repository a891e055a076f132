import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ArtifactCorrupt, EnvironmentFault } from "@shadowfarm/core/errors";
import type { S3Location } from "@shadowfarm/store/artifact-location";
import { openArtifacts } from "@shadowfarm/store/artifact-store";
import type { ArtifactRef, Artifacts, StoredBytes } from "@shadowfarm/store/artifacts";
import { type Bundle, encodeBundle } from "@shadowfarm/store/tensors";
import { describe, expect } from "vitest";
import { test as base } from "../fixtures.ts";
import { S3_KEYS, type S3Server, startS3 } from "../s3-server.ts";

/** A store, and ways to its bytes that go around it. */
interface Kept {
  open(): Promise<Artifacts>;
  write(name: string, bytes: Uint8Array): Promise<void>;
  read(name: string): Promise<Uint8Array>;
}

const test = base.extend<{ s3: S3Server; kept: Record<"folder" | "s3", Kept> }>({
  async s3({ folder }, use) {
    const server = await startS3(path.join(folder, "s3"));
    await use(server);
    await server.stop();
  },
  async kept({ s3, folder }, use) {
    const local = path.join(folder, "artifacts");
    const location = s3.location("of/lab", path.join(folder, "cache"));
    const client = clientOf(s3);
    const object = (name: string) => ({ Bucket: "lab", Key: `of/lab/${name}` });
    await use({
      folder: {
        open: () => openArtifacts({ kind: "folder", folder: local }),
        async write(name, bytes) {
          await mkdir(path.dirname(path.join(local, name)), { recursive: true });
          await writeFile(path.join(local, name), bytes);
        },
        read: (name) => readFile(path.join(local, name)),
      },
      s3: {
        open: () => openArtifacts(location),
        async write(name, Body) {
          await client.send(new PutObjectCommand({ ...object(name), Body }));
        },
        async read(name) {
          const { Body } = await client.send(new GetObjectCommand(object(name)));
          return (await Body?.transformToByteArray()) ?? new Uint8Array();
        },
      },
    });
  },
});

function clientOf({ endpoint }: S3Server): S3Client {
  return new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, credentials: S3_KEYS });
}

function aBundle(value = 1, rows = 1000): Bundle {
  return {
    meta: { value },
    tensors: { values: { shape: [rows, 2], data: Float32Array.from({ length: 2 * rows }, (_, at) => at * value) } },
  };
}

const nameOf = ({ sha256 }: ArtifactRef) => `${sha256.slice(0, 2)}/${sha256}.safetensors`;

async function listed(artifacts: Artifacts): Promise<StoredBytes[]> {
  const all: StoredBytes[] = [];
  for await (const one of artifacts.list()) all.push(one);
  return all.sort((a, b) => a.name.length - b.name.length);
}

describe.each(["folder", "s3"] as const)("a store of kind %s", (kind) => {
  test("gives back what was put, whole, opened and by rows, also to whoever opens it later", async ({ kept }) => {
    const artifacts = await kept[kind].open();
    const ref = await artifacts.put(aBundle());
    expect(new Uint8Array(await kept[kind].read(nameOf(ref)))).toEqual(
      new Uint8Array(Buffer.concat(encodeBundle(aBundle()))),
    );
    for (const reader of [artifacts, await kept[kind].open()]) {
      expect(await reader.get(ref)).toEqual(aBundle());
      const opened = await reader.open(ref);
      expect(opened.meta).toEqual({ value: 1 });
      expect(await opened.rows("values", Uint32Array.of(999, 3))).toEqual({
        shape: [2, 2],
        data: Float32Array.of(1998, 1999, 6, 7),
      });
      await opened.close();
      await reader.verify(ref);
    }
  });

  test("keeps equal content once, whoever puts it when", async ({ kept }) => {
    const refs = await Promise.all(Array.from({ length: 4 }, async () => (await kept[kind].open()).put(aBundle())));
    expect(new Set(refs.map(({ sha256 }) => sha256)).size).toBe(1);
    const artifacts = await kept[kind].open();
    await artifacts.put(aBundle(2));
    expect(await listed(artifacts)).toHaveLength(2);
  });

  test.for<[string, Uint8Array]>([
    ["altered", Buffer.concat(encodeBundle(aBundle(3)))],
    ["cut short", Buffer.concat(encodeBundle(aBundle())).subarray(0, 100)],
    ["empty", new Uint8Array()],
  ])("says that an artifact is corrupt that was %s, and is mended by a put", async ([, bytes], { kept }) => {
    const artifacts = await kept[kind].open();
    const ref = await artifacts.put(aBundle());
    await kept[kind].write(nameOf(ref), bytes);
    for (const use of ["get", "open", "verify"] as const) {
      const error = await artifacts[use](ref).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ArtifactCorrupt);
      expect(String(error)).toContain("it was altered after it was");
    }
    expect(await artifacts.put(aBundle())).toEqual(ref);
    expect(await artifacts.get(ref)).toEqual(aBundle());
  });

  test("says that an artifact is missing", async ({ kept }) => {
    const artifacts = await kept[kind].open();
    const ref = { sha256: "ab".repeat(32), bytes: 1 };
    for (const use of ["get", "open", "verify"] as const) {
      await expect(artifacts[use](ref)).rejects.toThrow(ArtifactCorrupt);
    }
  });

  test("lists and removes what it keeps, unfinished writes too, and nothing else", async ({ kept }) => {
    const artifacts = await kept[kind].open();
    expect(await listed(artifacts)).toEqual([]);
    const ref = await artifacts.put(aBundle());
    const unfinished = `${nameOf(ref)}.1234`;
    await kept[kind].write(unfinished, Buffer.from("half"));
    await kept[kind].write("notes.txt", Buffer.from("mine"));
    const found = await listed(artifacts);
    expect(found.map(({ name, sha256, bytes }) => ({ name, sha256, bytes }))).toEqual([
      { name: nameOf(ref), sha256: ref.sha256, bytes: ref.bytes },
      { name: unfinished, sha256: null, bytes: 4 },
    ]);
    expect(Math.abs(Date.now() - (found[0]?.putAt.getTime() ?? 0))).toBeLessThan(60_000);
    for (const { name } of found) await artifacts.remove(name);
    await artifacts.remove(unfinished);
    expect(await listed(artifacts)).toEqual([]);
    expect(Buffer.from(await kept[kind].read("notes.txt")).toString()).toBe("mine");
  });

  test("leaves nothing of a probe", async ({ kept }) => {
    const artifacts = await kept[kind].open();
    await artifacts.probe();
    expect(await listed(artifacts)).toEqual([]);
  });
});

describe("artifacts on S3", () => {
  test("of many megabytes are put in parts and read back", async ({ kept, s3 }) => {
    const artifacts = await kept.s3.open();
    const large = aBundle(1, 5_000_000);
    const ref = await artifacts.put(large);
    expect(ref.bytes).toBeGreaterThan(40e6);
    expect((await s3.set({})).filter((request) => request.includes("partNumber="))).toHaveLength(3);
    const opened = await artifacts.open(ref);
    expect((await opened.rows("values", Uint32Array.of(4_999_999))).data).toEqual(
      Float32Array.of(9_999_998, 9_999_999),
    );
    await opened.close();
  });

  test("are neither uploaded nor downloaded twice", async ({ kept, s3 }) => {
    const artifacts = await kept.s3.open();
    const ref = await artifacts.put(aBundle());
    await s3.set({});
    await artifacts.put(aBundle());
    expect((await s3.set({})).map((request) => request.split(" ")[0])).toEqual(["HEAD", "GET"]);
    for (const reader of [artifacts, await kept.s3.open()]) {
      await reader.get(ref);
      await (await reader.open(ref)).close();
    }
    expect(await s3.set({})).toHaveLength(1);
  });

  test("are read again when this machine's copy was damaged", async ({ kept, folder }) => {
    const artifacts = await kept.s3.open();
    const ref = await artifacts.put(aBundle());
    await artifacts.get(ref);
    await writeFile(path.join(folder, "cache", nameOf(ref)), "damaged");
    expect(await artifacts.get(ref)).toEqual(aBundle());
  });

  test("are kept on this machine up to a size, those that were read last", async ({ s3, folder }) => {
    const cacheFolder = path.join(folder, "small");
    const artifacts = await openArtifacts({ ...s3.location("small", cacheFolder), cacheBytes: 20_000 });
    const refs: ArtifactRef[] = [];
    for (const value of [1, 2, 3, 4]) refs.push(await artifacts.put(aBundle(value)));
    const [a, b, c, d] = refs as [ArtifactRef, ArtifactRef, ArtifactRef, ArtifactRef];
    for (const ref of [a, b]) await artifacts.get(ref);
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(path.join(cacheFolder, nameOf(b)), longAgo, longAgo);
    for (const ref of [a, c]) await artifacts.get(ref);
    const files = async () =>
      (await readdir(cacheFolder, { recursive: true })).filter((name) => name.endsWith(".safetensors")).sort();
    expect(await files()).toEqual([nameOf(a), nameOf(c)].sort());
    const huge = await openArtifacts({ ...s3.location("small", cacheFolder), cacheBytes: 1 });
    const opened = await huge.open(d);
    expect(await files()).toEqual([nameOf(d)]);
    expect((await opened.read("values")).data).toHaveLength(2000);
    await opened.close();
  });

  test("are asked for again when the store is busy", async ({ kept, s3 }) => {
    const artifacts = await kept.s3.open();
    await s3.set({ busy: 3 });
    const ref = await artifacts.put(aBundle());
    await s3.set({ busy: 2 });
    expect(await artifacts.get(ref)).toEqual(aBundle());
  });
});

describe("a store on S3 that cannot be used says what to do", () => {
  const cases: [string, Partial<S3Location>, RegExp][] = [
    [
      "unknown key",
      { credentials: { accessKeyId: "nobody", secretAccessKey: "x" } },
      /access key "nobody" is refused \(InvalidAccessKeyId\); correct SHADOWFARM_S3_ACCESS_KEY/,
    ],
    [
      "wrong secret",
      { credentials: { accessKeyId: "S3RVER", secretAccessKey: "guess" } },
      /access key "S3RVER" is refused \(SignatureDoesNotMatch\)/,
    ],
    [
      "no bucket",
      { bucket: "elsewhere" },
      /there is no bucket "elsewhere"; create it, or correct SHADOWFARM_ARTIFACTS/,
    ],
  ];
  test.for(cases)("%s", async ([, change, message], { s3, folder }) => {
    const artifacts = await openArtifacts({ ...s3.location("x", path.join(folder, "cache")), ...change });
    for (const use of [() => artifacts.probe(), () => artifacts.put(aBundle())]) {
      const error = await use().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(EnvironmentFault);
      expect(error).toMatchObject({ retryable: false, message: expect.stringMatching(message) });
      expect(String(error)).not.toContain("guess");
    }
    await expect(artifacts.get({ sha256: "ab".repeat(32), bytes: 1 })).rejects.toThrow(message);
  });

  test("read-only", async ({ s3, kept }) => {
    const artifacts = await kept.s3.open();
    const ref = await artifacts.put(aBundle());
    await s3.set({ deny: "PUT" });
    await expect(artifacts.probe()).rejects.toThrow(
      /may not be written \(AccessDenied\); grant the credentials s3:PutObject/,
    );
    await expect(artifacts.put(aBundle(2))).rejects.toThrow(/may not be written/);
    expect(await artifacts.get(ref)).toEqual(aBundle());
  });

  test("away", async ({ s3, folder }) => {
    await s3.stop();
    const artifacts = await openArtifacts(s3.location("x", path.join(folder, "cache")));
    const error = await artifacts.probe().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      retryable: true,
      message: expect.stringMatching(/ECONNREFUSED.*SHADOWFARM_S3_ENDPOINT/),
    });
  });

  test("at the start of a command, before anything runs", async ({ s3, cli, folder }) => {
    const spec = path.join(folder, "any.json");
    await writeFile(spec, JSON.stringify({ name: "any", datasets: ["mnist"], attacks: ["gap"], records: 60 }));
    const env = { ...s3.variables("x"), SHADOWFARM_S3_SECRET_KEY: "guess" };
    const { code, stderr } = await cli.run(["run", spec], env);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /access key "S3RVER" is refused \(SignatureDoesNotMatch\); correct SHADOWFARM_S3_ACCESS_KEY/,
    );
    expect(stderr).not.toContain("guess");
  });
});
