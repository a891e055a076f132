import { expect, test } from "vitest";
import { resourcesOf } from "./resources.ts";

const GB = 2 ** 30;
const gpus = [
  { device: "0", name: "A100", memory: 81_920 },
  { device: "1", name: "A100", memory: 40_960 },
];
const unset = { SHADOWFARM_LABELS: [] };

test("a worker with GPUs has a slot and a part of the memory for each", () => {
  expect(resourcesOf(unset, "onnx-cuda", gpus)).toEqual({
    engine: "onnx-cuda",
    slots: 2,
    devices: ["0", "1"],
    labels: ["gpu"],
    memory: 40,
  });
  expect(resourcesOf({ ...unset, SHADOWFARM_WORKERS: 4 }, "onnx-cuda", gpus)).toMatchObject({ slots: 4, memory: 20 });
});

test("one whose engine uses none has its cores, and says so", () => {
  const one = resourcesOf({ SHADOWFARM_WORKERS: 4, SHADOWFARM_LABELS: ["big", "cpu"] }, "onnx", gpus, 33 * GB);
  expect(one).toEqual({ engine: "onnx", slots: 4, devices: [], labels: ["big", "cpu"], memory: 8 });
});

test("memory that is declared is what its jobs share", () => {
  const wanted = { ...unset, SHADOWFARM_WORKERS: 2, SHADOWFARM_MEMORY: 100 };
  expect(resourcesOf(wanted, "onnx", [], GB).memory).toBe(50);
  expect(resourcesOf(wanted, "onnx-cuda", gpus, GB).memory).toBe(50);
});
