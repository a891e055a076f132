import { probeBlock } from "../nchwc.ts";
import type { Target } from "../runtime.ts";

const block = await probeBlock();

/** ONNX's own image operators, and ONNX Runtime's blocked ones where this machine has them. */
export const imageTargets: Record<string, Target> = {
  plain: { provider: "cpu", block: 0 },
  ...(block === 0 ? {} : { blocked: { provider: "cpu", block } }),
};
