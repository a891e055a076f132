import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect } from "vitest";
import { test } from "../fixtures.ts";
import { writeSpec } from "../specs.ts";

/** An IDX file: magic number, sizes, bytes. */
function idx(magic: number, sizes: readonly number[], bytes: number): Buffer {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.writeUInt32BE(magic);
  sizes.forEach((size, index) => {
    header.writeUInt32BE(size, 4 + 4 * index);
  });
  return Buffer.concat([header, Buffer.alloc(bytes)]);
}

/** The changes of the small experiment, and what its refusal must say: the place, the value, the remedy. */
const refused: [string, Record<string, unknown>, RegExp][] = [
  ["an unknown key", { atacks: ["gap"] }, /atacks: unknown key "atacks"; did you mean "attacks"\?/],
  [
    "an unknown key of a unit",
    { attacks: [{ name: "shadow", shadow: 3 }] },
    /attacks\[0\]\.shadow: unknown key "shadow"; did you mean "shadows"\?/,
  ],
  [
    "an unknown attack",
    { attacks: ["treshold"] },
    /attacks\[0\]: unknown attack "treshold"; did you mean "threshold"\?/,
  ],
  ["an unknown dataset", { datasets: ["minst"] }, /datasets\[0\]: unknown dataset "minst"; did you mean "mnist"\?/],
  [
    "an unknown defense",
    { defenses: ["dropuot"] },
    /defenses\[0\]: unknown defense "dropuot"; did you mean "dropout"\?/,
  ],
  ["an unknown model", { model: "mpl" }, /model: unknown model "mpl"; did you mean "mlp"\?/],
  ["a wrong type", { repeats: "three" }, /repeats: "three" is not an? (number|integer|int)/],
  ["a negative number", { training: { epochs: -1 } }, /training\.epochs: -1 is too small; use at least 1/],
  [
    "an absurd number",
    { training: { learningRate: 1e9 } },
    /training\.learningRate: 1000000000 is too large; use at most 10/,
  ],
  [
    "an empty sweep",
    { attacks: [{ name: "shadow", posteriors: [] }] },
    /attacks\[0\]\.posteriors: an empty sweep; give at least one value/,
  ],
  ["no attack", { attacks: [] }, /attacks: an empty sweep; name at least one attack/],
  ["a name that is a path", { name: "../../etc" }, /name: "\.\.\/\.\.\/etc" does not fit; use 1 to 64 letters/],
  ["a dataset name that is a path", { datasets: ["../mnist"] }, /datasets\[0\]: unknown dataset "\.\.\/mnist"/],
  [
    "too many records",
    { records: 5000 },
    /records: 5000 on a side are too many: mnist .* has 10000 records; use at most 2500 for quarters/,
  ],
  [
    "a sweep of very many jobs",
    { repeats: 1000, defenses: [{ name: "dropout", input: [0.1, 0.2, 0.3] }] },
    /needs \d+ jobs, more than 10000; add --yes/,
  ],
  [
    "more posteriors than classes",
    { attacks: [{ name: "shadow", posteriors: 11 }] },
    /attacks\[0\]: shadow on mnist: posteriors is 11, but there are 10 classes; use 10 or less/,
  ],
  [
    "an odd number of reference models",
    { split: "halves", attacks: [{ name: "lira", shadows: 15 }] },
    /attacks\[0\]: lira on mnist: shadows is 15, an odd number, .*use an even one/,
  ],
  [
    "too few reference models",
    { split: "halves", attacks: [{ name: "lira", shadows: 2 }] },
    /attacks\[0\]: lira on mnist: shadows is 2, too few for spread record, .*use 4 or more, or spread raw/,
  ],
  [
    "a split that shares no record with the references",
    { attacks: ["lira"] },
    /attacks\[0\]: lira on mnist: it is defined for split: halves, not quarters/,
  ],
  [
    "a population larger than what is left",
    { attacks: [{ name: "rmia", population: 20_000 }] },
    /attacks\[0\]: rmia on mnist: it needs 20000 records besides the target's, but there are \d+ with 60 on a side/,
  ],
  [
    "a perturbation that is larger than the data's range",
    { attacks: [{ name: "perturbed-confidence", epsilon: 1.5 }] },
    /attacks\[0\]\.epsilon: 1\.5 is too large; use at most 1/,
  ],
  [
    "a perturbation against which a model is trained that is below zero",
    { defenses: [{ name: "adversarial-training", epsilon: -0.1 }] },
    /defenses\[0\]\.epsilon: -0\.1 is too small; use more than 0/,
  ],
  [
    "an attack on pictures with tables",
    { datasets: ["adult"], data: "synthetic", attacks: [{ name: "augmentation" }] },
    /attacks\[0\]: augmentation on adult: it asks about image records, but adult has tabular ones; use another/,
  ],
  [
    "an attack by gradients with tables",
    { datasets: ["adult"], data: "synthetic", attacks: [{ name: "targeted-examples" }] },
    /attacks\[0\]: targeted-examples on adult: it asks about image or binary records, but adult has tabular ones/,
  ],
  [
    "a network for pictures with tables",
    { datasets: ["adult"], data: "synthetic", model: { name: "cnn" } },
    /model: cnn .*image.*adult.*tabular/,
  ],
  [
    "robust training with tables",
    { datasets: ["adult"], data: "synthetic", defenses: ["trades"] },
    /defenses\[0\]: trades on adult: it perturbs image or binary records, not tabular ones; use another dataset/,
  ],
  [
    "training on bounds that a network has none of",
    { defenses: ["dual-bounds"] },
    /defenses\[0\]: dual-bounds on mnist: dense1 has no dual bounds: use relu or leaky-relu in place of tanh/,
  ],
  [
    "an attack on bounds that a network has none of",
    { attacks: [{ name: "perturbed-confidence", input: "verified", method: "dual" }] },
    /attacks\[0\]: perturbed-confidence on mnist: dense1 has no dual bounds: use relu or leaky-relu in place/,
  ],
  [
    "training on bounds of what is no network",
    { model: { name: "random-forest" }, defenses: ["interval-bounds"] },
    /defenses\[0\]: interval-bounds on mnist: .*random-forest is none; use another model/,
  ],
  [
    "fewer queries than a search for a boundary begins with",
    { attacks: [{ name: "boundary", queries: 149 }] },
    /attacks\[0\]\.queries: 149 is too small; use at least 150/,
  ],
  [
    "fewer queries than searches from all copies begin with",
    { attacks: [{ name: "augmentation", feature: "distance", amount: 2, queries: 1349 }] },
    /attacks\[0\]: augmentation on mnist: queries is 1349, which 9 copies share, .*use at least 1350/,
  ],
  [
    "fewer samples than a certificate needs",
    { attacks: [{ name: "certified-radius", samples: 10, alpha: 0.0001 }] },
    /attacks\[0\]: certified-radius on mnist: samples is 10, too few .*use 14 or more/,
  ],
  [
    "shadows of a dataset that is not there",
    { attacks: [{ name: "transfer", from: "location" }] },
    /attacks\[0\]: transfer on mnist: its shadow dataset "location" is not in the experiment; name it among the datasets/,
  ],
  [
    "shadows of an unknown model",
    { attacks: [{ name: "shadow", shadowModel: "forest" }] },
    /attacks\[0\]: shadow on mnist: unknown shadow model "forest"; known: cnn, .*random-forest/,
  ],
  [
    "a published number that nothing here can stand beside",
    { paper: [{ figure: "Fig. 1", from: "P", metric: "auc", where: { attack: "shadow" }, values: 0.9 }] },
    /paper\[0\]: no combination of this experiment has attack shadow/,
  ],
  [
    "real data that are absent",
    { datasets: ["location"] },
    /datasets\[0\]: the real location data are not here .*SHADOWFARM_DATASETS.*data: synthetic/,
  ],
];

describe("an experiment is refused before anything is written:", () => {
  test.for(refused)("%s", async ([, changes, expected], { cli, folder }) => {
    const file = await writeSpec(folder, { ...changes, ...("name" in changes ? {} : { name: "bad" }) }, "bad.json");
    const { code, stdout, stderr } = await cli.run(["run", file]);
    expect(stderr).toMatch(expected);
    expect(stderr).toMatch(/bad\.json/);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(existsSync(cli.home)).toBe(false);
  });

  test("YAML that does not parse", async ({ cli, folder }) => {
    const file = path.join(folder, "bad.yaml");
    await writeFile(file, "name: bad\ndatasets: [mnist\nattacks: [gap]\n");
    const { code, stderr } = await cli.run(["run", file]);
    expect(stderr).toMatch(/bad\.yaml:\d: not YAML: /);
    expect(code).toBe(2);
    expect(existsSync(cli.home)).toBe(false);
  });

  test("a file that is not there", async ({ cli, folder }) => {
    const { code, stderr } = await cli.run(["run", path.join(folder, "nowhere.yaml")]);
    expect(stderr).toMatch(/nowhere\.yaml: cannot be read \(ENOENT\); give the path of an experiment file/);
    expect(code).toBe(2);
  });

  test.for([
    [
      "truncated",
      (images: Buffer) => images.subarray(0, 200),
      /train-images-idx3-ubyte: the header announces 7840 bytes .* but 184 follow/,
    ],
    [
      "truncated within its compression",
      (images: Buffer) => gzipSync(images).subarray(0, 25),
      /train-images-idx3-ubyte\.gz .*cannot be decompressed.*download it again/,
    ],
    ["altered", (images: Buffer) => images, /train-images-idx3-ubyte: SHA-256/],
  ] as const)("an IDX file that is %s", async ([, spoil, expected], { cli, folder }) => {
    const mnist = path.join(folder, "data", "mnist");
    await mkdir(mnist, { recursive: true });
    const images = idx(0x803, [10, 28, 28], 7840);
    const spoiled = spoil(images);
    const suffix = spoiled[0] === 0x1f ? ".gz" : "";
    await writeFile(path.join(mnist, `train-images-idx3-ubyte${suffix}`), spoiled);
    await writeFile(path.join(mnist, "train-labels-idx1-ubyte"), idx(0x801, [10], 10));
    await writeFile(path.join(mnist, "t10k-images-idx3-ubyte"), images);
    await writeFile(path.join(mnist, "t10k-labels-idx1-ubyte"), idx(0x801, [10], 10));
    const { code, stderr } = await cli.run(["run", await writeSpec(folder)], {
      SHADOWFARM_DATASETS: path.join(folder, "data"),
    });
    expect(stderr).toMatch(expected);
    expect(code).toBe(2);
    expect(existsSync(cli.home)).toBe(false);
  });
});

describe("an environment is refused with its remedy:", () => {
  test("a port that is in use", async ({ cli, folder }) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const { code, stderr } = await cli.run(["run", await writeSpec(folder)], {
      SHADOWFARM_POSTGRES_PORT: String(port),
    });
    server.close();
    expect(stderr).toBe(
      `port ${port} for the embedded Postgres is not free (EADDRINUSE); set SHADOWFARM_POSTGRES_PORT to another, or leave it unset\n`,
    );
    expect(code).toBe(2);
    expect(existsSync(cli.home)).toBe(false);
  });

  test("a home that cannot be written", async ({ cli, folder }) => {
    await writeFile(path.join(folder, "file"), "");
    const home = path.join(folder, "file", "home");
    const { code, stderr } = await cli.run(["run", await writeSpec(folder)], { SHADOWFARM_HOME: home });
    expect(stderr).toBe(
      `the home folder ${home} cannot be written (ENOTDIR); make it writable, or set SHADOWFARM_HOME to another\n`,
    );
    expect(code).toBe(2);
  });

  test("a database that cannot be reached, without its password", async ({ cli, folder }) => {
    const { code, stderr } = await cli.run(["run", await writeSpec(folder)], {
      DATABASE_URL: "postgresql://farm:secret@127.0.0.1:1/farm",
    });
    expect(stderr).toMatch(
      /^the database at postgresql:\/\/127\.0\.0\.1:1\/farm cannot be reached \(.*\); check DATABASE_URL/,
    );
    expect(stderr).not.toContain("secret");
    expect(code).toBe(2);
  });

  test("a database of a newer version", async ({ cli, store, databaseUrl }) => {
    await store.db.$executeRaw`
      INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
      VALUES ('x', 'x', now(), '29990101000000_later', 1)`;
    const { code, stderr } = await cli.run(["results"], { DATABASE_URL: databaseUrl });
    expect(stderr).toMatch(/29990101000000_later, which this version does not know; use the newer Shadowfarm/);
    expect(code).toBe(2);
  });

  test("a variable that makes no sense", async ({ cli }) => {
    const { code, stderr } = await cli.run(["results"], { SHADOWFARM_ENGINE: "gpu", SHADOWFARM_WORKERS: "0" });
    expect(stderr).toMatch(/SHADOWFARM_ENGINE: unknown value "gpu"; /);
    expect(stderr).toMatch(/SHADOWFARM_WORKERS: /);
    expect(code).toBe(2);
  });

  test("an engine that is not there", async ({ cli, folder }) => {
    const spec = await writeSpec(folder);
    const { code, stderr } = await cli.run(["run", spec], { SHADOWFARM_ENGINE: "tensorflow-gpu" });
    expect(stderr).toMatch(
      /^engine "tensorflow-gpu" does not run here: @tensorflow\/tfjs-node-gpu is not installed; npm install .*\n$/,
    );
    expect(code).toBe(2);
    expect(existsSync(cli.home)).toBe(false);
  });

  test("an option or a command that does not exist", async ({ cli }) => {
    expect(await cli.run(["resutls"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Did you mean results?"),
    });
    expect(await cli.run(["run"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("missing required argument 'spec'"),
    });
    expect(await cli.run(["status", "nothing"])).toMatchObject({
      code: 2,
      stderr: 'there is no experiment "nothing"; shadowfarm status lists them\n',
    });
  });
});
