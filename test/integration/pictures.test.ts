import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { aBatch, pixelsOf } from "@shadowfarm/ml/datasets/formats/cifar.fixture";
import { decode } from "fast-png";
import { expect } from "vitest";
import { test } from "../fixtures.ts";
import { serveStored } from "../served-api.ts";
import { writeSpec } from "../specs.ts";

const records = 40;

test("records in colour are seen as their files have them: red, green and blue, row by row, level by level", async ({
  cli,
  folder,
}) => {
  const place = path.join(cli.home, "datasets", "cifar-10-batches-bin");
  await mkdir(place, { recursive: true });
  await writeFile(path.join(place, "data_batch_1.bin"), aBatch(Array.from({ length: records }, (_, at) => [at % 10])));
  const spec = { datasets: ["cifar10"], attacks: ["gap"], defenses: ["none"], records: 10 };
  const { code, stderr } = await cli.run(["run", await writeSpec(folder, spec)]);
  expect(code, stderr).toBe(0);
  const store = await cli.store();
  const api = await serveStored(store, cli.home);
  try {
    const answer = await fetch(`${api.url}/api/results`);
    const { results } = (await answer.json()) as { results: { jobKey: string }[] };
    const pixels = pixelsOf(records);
    for (const record of [0, 21, records - 1]) {
      const picture = await fetch(`${api.url}/api/results/${results[0]?.jobKey}/pictures/${record}`);
      const { data, ...size } = decode(new Uint8Array(await picture.arrayBuffer()));
      expect(size).toMatchObject({ width: 32, height: 32, channels: 3, depth: 8 });
      expect(Buffer.from(data)).toEqual(Buffer.from(pixels.subarray(record * 3072, (record + 1) * 3072)));
    }
  } finally {
    await api.stop();
    await store.close();
  }
});
