import { activationKernels } from "./activation.ts";
import { constantKernels } from "./constant.ts";
import { convKernels } from "./conv.ts";
import { convGradientKernels } from "./conv-gradient.ts";
import { countingKernels } from "./counting.ts";
import { depthwiseKernels } from "./depthwise.ts";
import { elementwiseKernels } from "./elementwise.ts";
import { functionKernels } from "./functions.ts";
import { imageKernels } from "./image.ts";
import { indexingKernels } from "./indexing.ts";
import type { Kernels } from "./kernel.ts";
import { logicKernels } from "./logic.ts";
import { matmulKernels } from "./matmul.ts";
import { normalizationKernels } from "./normalization.ts";
import { paddingKernels } from "./padding.ts";
import { poolKernels } from "./pool.ts";
import { poolGradientKernels } from "./pool-gradient.ts";
import { reductionKernels } from "./reduction.ts";
import { resizeKernels } from "./resize.ts";
import { scanKernels } from "./scan.ts";
import { shapeKernels } from "./shape.ts";
import { slicingKernels } from "./slicing.ts";

/** Every TF.js kernel that can be compiled, by name. */
export const kernels: Kernels = {
  ...convKernels,
  ...convGradientKernels,
  ...depthwiseKernels,
  ...elementwiseKernels,
  ...matmulKernels,
  ...reductionKernels,
  ...poolKernels,
  ...poolGradientKernels,
  ...activationKernels,
  ...constantKernels,
  ...countingKernels,
  ...functionKernels,
  ...imageKernels,
  ...indexingKernels,
  ...logicKernels,
  ...normalizationKernels,
  ...paddingKernels,
  ...resizeKernels,
  ...scanKernels,
  ...slicingKernels,
  ...shapeKernels,
};
