// Loaded before everything else into the farm's processes: those that compute block, with their first job, in one native call
// that gives nothing back for CHAOS_BLOCK_MS, as a large convolution does.
if (process.env.SHADOWFARM_CHILD_CONFIG !== undefined) {
  const on = process.on;
  let blocked = false;
  const block = () => {
    blocked = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(process.env.CHAOS_BLOCK_MS));
  };
  // Around the process's own listener: one of our own would take the message before that is there.
  process.on = (event, listener) =>
    on.call(process, event, (...args) => {
      if (event === "message" && args[0]?.type === "run" && !blocked) block();
      listener(...args);
    });
}
