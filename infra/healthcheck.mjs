// Asks this container whether its loops run, if it serves that. Without, there is nothing to ask: an exit is the only sign.
const port = process.env.SHADOWFARM_METRICS_PORT;
if (port) {
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(3_000) }).catch(
    () => null,
  );
  if (!answer?.ok) process.exit(1);
}
