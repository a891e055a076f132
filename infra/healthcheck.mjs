// Asks the metrics endpoint of this container, if it has one. Without, there is nothing to ask: an exit is the only sign.
const port = process.env.SHADOWFARM_METRICS_PORT;
if (port) {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(3_000) }).catch(
    () => null,
  );
  if (!answer?.ok) process.exit(1);
}
