// Loaded before everything else into the farm's processes: those that compute block, with their first job, in one native call
// that gives nothing back for CHAOS_BLOCK_MS, as a large convolution does.
if (process.env.SHADOWFARM_CHILD_CONFIG !== undefined) {
  process.once("message", () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(process.env.CHAOS_BLOCK_MS));
  });
}
