import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { findGpus, parseGpus, visibleGpus } from "./gpus.ts";

const TWO = "0, NVIDIA A100-SXM4-40GB, 40960\n1, NVIDIA H100, PCIe, 81559\n";

test("lists what nvidia-smi says, whatever the names hold", () => {
  expect(parseGpus(TWO)).toEqual([
    { device: "0", name: "NVIDIA A100-SXM4-40GB", memory: 40_960 },
    { device: "1", name: "NVIDIA H100, PCIe", memory: 81_559 },
  ]);
  expect(parseGpus("0, NVIDIA GB10, [N/A]\n")).toEqual([{ device: "0", name: "NVIDIA GB10", memory: 0 }]);
  expect(parseGpus("No devices were found\n")).toEqual([]);
});

test("keeps to CUDA_VISIBLE_DEVICES, in its order and up to the first that is not there", () => {
  const devices = (visible: string | undefined) => visibleGpus(parseGpus(TWO), visible).map(({ device }) => device);
  expect(devices(undefined)).toEqual(["0", "1"]);
  expect(devices("1, 0")).toEqual(["1", "0"]);
  expect(devices("1,7,0")).toEqual(["1"]);
  expect(devices("")).toEqual([]);
  expect(devices("-1")).toEqual([]);
  expect(visibleGpus(parseGpus(TWO), "MIG-1f2e")).toEqual([{ device: "MIG-1f2e", name: "MIG-1f2e", memory: 40_960 }]);
});

test("asks the program on the path, and finds none without it or without a driver", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "shadowfarm-gpus-"));
  const program = path.join(folder, "nvidia-smi");
  const found = () => findGpus({ PATH: `${folder}:/bin:/usr/bin` });
  try {
    expect(await findGpus({ PATH: folder })).toEqual([]);
    await writeFile(program, `#!/bin/sh\necho "$@" | grep -q query-gpu=index || exit 1\nprintf '${TWO}'\n`);
    await chmod(program, 0o755);
    expect((await found()).map(({ device }) => device)).toEqual(["0", "1"]);
    await writeFile(program, "#!/bin/sh\necho NVIDIA-SMI has failed; exit 9\n");
    expect(await found()).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
